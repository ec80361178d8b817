"""What a person sees in a terminal: tables, bars, pictures and live panels. Values in, renderables out."""
