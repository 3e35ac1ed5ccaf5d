"""Forms in the console's markup: labels above, errors linked to their field, nothing typed is lost."""

from django.forms.renderers import TemplatesSetting


class ConsoleRenderer(TemplatesSetting):
    """Renders `{{ form }}` and `{{ field.as_field_group }}` by our partials, widgets by Django's own templates."""

    form_template_name = "partials/form.html"
    field_template_name = "partials/field.html"
