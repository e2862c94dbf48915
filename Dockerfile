# The platform as one image: web, worker and beat differ only by their command (docker-compose.yml).
FROM python:3.12-slim-bookworm AS dependencies
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=rdv.config.settings.prod
RUN groupadd --system --gid 10001 rdv \
 && useradd --system --uid 10001 --gid rdv --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin rdv \
 && install --directory --owner rdv --group rdv --mode 0700 /var/lib/rdv/exports
WORKDIR /app
COPY --from=dependencies /opt/venv /opt/venv
COPY manage.py ./
COPY notifications notifications
COPY agents agents
COPY usagers usagers
COPY rdv rdv
COPY templates templates
COPY static static
# These values serve this one command, which reads neither a secret nor a database; they are not kept in the image.
RUN SECRET_KEY=collectstatic ALLOWED_HOSTS=localhost DATABASE_URL=postgres://localhost/none python manage.py collectstatic --noinput
USER 10001:10001
EXPOSE 8000
# The name must be one that this instance answers to; the address is always its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(web.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.')}), timeout=4)"]
# No access log: addresses of pages hold the personal links of usagers. The proxy in front keeps what the law asks.
CMD ["gunicorn", "rdv.config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "30", "--keep-alive", "150", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
