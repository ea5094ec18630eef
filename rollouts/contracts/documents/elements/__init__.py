"""What a document names: operations, fields and types, as people look for them. Pure; knows no database."""
