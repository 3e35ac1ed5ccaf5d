from django.urls import path

from deployments.views import compare, deployments, environments, promote, prune, releases

PRODUCT = "products/<slug:slug>"
ENVIRONMENT = f"{PRODUCT}/environments/<slug:name>"
HANDLER = "deployments/<int:pk>/handlers/<str:name>"

urlpatterns = [
    path("releases/", releases.releases, name="releases"),
    path(f"{PRODUCT}/releases/new/", releases.release_new, name="release-new"),
    path(f"{PRODUCT}/releases/<str:version>/", releases.release, name="release"),
    path(f"{PRODUCT}/releases/<str:version>/bad/", releases.bad, name="release-bad"),
    path(f"{PRODUCT}/compare/", compare.compare, name="compare"),
    path(f"{ENVIRONMENT}/", environments.environment, name="environment"),
    path(f"{ENVIRONMENT}/look/", environments.look, name="environment-look"),
    path(f"{ENVIRONMENT}/back-end/accept/", environments.accept, name="back-end-accept"),
    path(f"{ENVIRONMENT}/back-end/prune/", prune.prune, name="back-end-prune"),
    path(f"{ENVIRONMENT}/back-end/prune/progress/", prune.prune_progress, name="back-end-prune-progress"),
    path(f"{ENVIRONMENT}/promote/<str:version>/", promote.promote, name="promote"),
    path(f"{ENVIRONMENT}/rollback/", promote.rollback, name="rollback"),
    path("deployments/", deployments.deployments, name="deployments"),
    path("deployments/<int:pk>/", deployments.deployment, name="deployment"),
    path("deployments/<int:pk>/progress/", deployments.progress, name="deployment-progress"),
    path("deployments/<int:pk>/cancel/", deployments.cancel, name="deployment-cancel"),
    path("deployments/<int:pk>/retry/", deployments.retry, name="deployment-retry"),
    path("deployments/<int:pk>/skip/", deployments.skip, name="deployment-skip"),
    path(f"{HANDLER}/skip/", deployments.skip_one, name="deployment-handler-skip"),
    path(f"{HANDLER}/retry/", deployments.retry_one, name="deployment-handler-retry"),
]
