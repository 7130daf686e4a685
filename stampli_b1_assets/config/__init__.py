"""The company file: one YAML file per SAP company, as pydantic models.

What belongs here: settings, their defaults, and the sentence that says what is wrong with one.
What does not: mappings (`accounting.mappings`) and layouts (`stampli.layouts`), which have files of their own.
"""
