"""Where and how things are kept. It knows no science and no Prefect."""
