"""How the system is run: scaling, disruption, delivery."""
