"""Documentation of a model: card, nutrition label, CycloneDX ML-BOM."""
