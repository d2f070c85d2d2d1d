"""Identity: customers and their people in Keycloak, and what OpenStack knows of them.

Takes the layer's options and realm files (`configuration`) and gives actions of the engine that keep Keycloak
(`keycloak`) and Keystone (`openstack`) as declared, operations such as backup and removal, and logins tried for real
(`login`, `checks`). Keycloak's own deployment is the role keycloak (roles/keycloak).

Start with `options` and `configuration`, then `keycloak.realms`.
"""
