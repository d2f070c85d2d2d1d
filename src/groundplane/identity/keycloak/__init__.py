"""What is inside Keycloak, as code: realms with all that they have, reconciled by its Admin REST API."""
