from django.apps import AppConfig

LOOK_SECONDS, FIRST_LOOK_SECONDS = 3600, 20


class ProvisioningConfig(AppConfig):
    name = "provisioning"

    def ready(self) -> None:
        from products.access import more_roles, rights_written
        from products.access import policies_for as policies_of_all
        from products.access import roles_in as roles_of_all
        from provisioning.account_roles import roles_in
        from provisioning.looking import look_everywhere
        from provisioning.policies import copying_role, policies_for
        from provisioning.rights import written_lately
        from provisioning.steps import RECIPES
        from runs import schedule
        from runs.steps import register

        for recipe in RECIPES:
            register(recipe)
        policies_of_all.append(policies_for)
        roles_of_all.append(roles_in)
        more_roles.append(copying_role)
        rights_written.append(written_lately)
        schedule.register(
            "look at AWS resources", LOOK_SECONDS, look_everywhere, first_seconds=FIRST_LOOK_SECONDS
        )
