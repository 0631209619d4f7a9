"""KPIs, client health and pay for account managers, and the notebooks that report them."""

__version__ = "0.1.0"
