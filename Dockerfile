# One image for web, workers, beat and migrations. The command says which.
FROM node:20-slim AS front
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/venv/bin:$PATH UV_PYTHON_DOWNLOADS=never
RUN useradd --uid 10001 --create-home console && mkdir -p /spool /var/console && chown console: /spool /var/console
WORKDIR /console
COPY requirements-uv.lock requirements-production.lock ./
RUN python -m venv /venv \
 && pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
 && uv pip sync --no-cache --python /venv/bin/python --require-hashes requirements-production.lock
COPY --from=front /build/node_modules node_modules
COPY . .
RUN CONSOLE_SECRET_KEY=build DATABASE_URL=postgres://build REDIS_URL=redis://build CONSOLE_STATIC=/console/built/static \
    python manage.py collectstatic --noinput && chmod -R a+rX /console
USER console
ENV CONSOLE_VAR=/var/console CONSOLE_SPOOL=/spool CONSOLE_STATIC=/console/built/static
EXPOSE 8000
CMD ["gunicorn", "timcombo_console.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "120"]
