# One image for every role: migrate, worker, inbound and the `tenuto` command.
FROM python:3.12-slim-trixie

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build

# What we need changes less often than what we are, and is kept in a layer of its own.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock

COPY . ./
RUN pip install --no-deps --no-build-isolation . && rm -rf /build/*

# A volume that is mounted there begins as this folder is: nobody else may look into it.
RUN useradd --system --no-create-home tenuto \
    && install --directory --owner tenuto --mode 0700 /var/lib/tenuto/secrets
USER tenuto
WORKDIR /
CMD ["tenuto", "--help"]
