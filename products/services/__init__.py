"""What an admin does to accounts, products and environments: one function per action, one audit event each."""

from products.services.accounts import CHECK_KIND, check_account, create_account, edit_account, save_check
from products.services.configuration import restore_config, save_config
from products.services.environments import create_environment, edit_environment
from products.services.products import create_product, edit_product

__all__ = [
    "CHECK_KIND",
    "check_account",
    "create_account",
    "create_environment",
    "create_product",
    "edit_account",
    "edit_environment",
    "edit_product",
    "restore_config",
    "save_check",
    "save_config",
]
