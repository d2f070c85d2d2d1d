"""The site's secrets: ansible-vault from the first moment, in clear only in memory."""
