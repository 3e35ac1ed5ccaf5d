"""The whole estate as one YAML file: its schema, reading with line numbers, import and export."""
