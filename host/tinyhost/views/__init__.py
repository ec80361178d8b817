"""Terminal views: tables, bars, pictures and live panels. Values in, renderables out."""
