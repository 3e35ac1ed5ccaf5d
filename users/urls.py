"""Addresses of sign-in, people, tokens, roles and one's profile."""

from django.urls import path

from users import session_views, views

urlpatterns = [
    path("login/", session_views.login_page, name="login"),
    path("logout/", session_views.logout_page, name="logout"),
    # Django's admin site has doors of its own, which would not be on record.
    path("admin/login/", session_views.admin_login),
    path("admin/logout/", session_views.logout_page),
    path("admin/password_change/", session_views.admin_password),
    path("people/", views.people, name="people"),
    path("people/new/", views.person_new, name="person-new"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/role/", views.person_role, name="person-role"),
    path("people/<int:pk>/deactivate/", views.person_deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", views.person_reactivate, name="person-reactivate"),
    path("people/<int:pk>/password/", views.person_password, name="person-password"),
    path("people/<int:pk>/password/shown/", views.person_password_shown, name="person-password-shown"),
    path("tokens/", views.tokens_page, name="tokens"),
    path("tokens/new/", views.token_new, name="token-new"),
    path("tokens/<int:pk>/shown/", views.token_shown, name="token-shown"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("permissions/", views.permissions, name="permissions"),
    path("profile/", views.profile, name="profile"),
    path("profile/settings/", views.profile_settings, name="profile-settings"),
    path("profile/theme/", views.theme, name="theme"),
]
