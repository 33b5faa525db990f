"""How HTTP APIs are designed: resources, versions, paging, errors, deprecation."""
