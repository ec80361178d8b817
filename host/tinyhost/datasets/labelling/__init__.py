"""Labelling by people: proposals of a model, answers, agreement of annotators, exchange with other tools."""
