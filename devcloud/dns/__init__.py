"""The domain name system as the world sees the emulated cloud: delegations, zones, and where distributions answer."""
