"""People's logins over HTTP, as their browsers and command lines make them."""
