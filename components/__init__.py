"""Pure functions from rows to Dash components, figures and cytoscape elements."""
