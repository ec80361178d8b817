"""Labels that people give: proposals of a model, answers, how far annotators agree, other tools' files."""
