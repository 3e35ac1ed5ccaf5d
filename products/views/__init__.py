"""The pages of accounts, products, environments' settings and configuration."""
