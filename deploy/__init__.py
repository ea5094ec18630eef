"""How Gatehouse is run: on one machine from wheels, in a container image, on Kubernetes."""
