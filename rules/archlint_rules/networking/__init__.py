"""How traffic finds its way: routes, gateways, addresses, meshes."""
