# One image for every role: migrate, worker, inbound and the `tenuto` command.
FROM python:3.12-slim-trixie

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build

# What we need changes less often than what we are, and is kept in a layer of its own.
COPY requirements.lock ./
RUN pip install --require-hashes --requirement requirements.lock

COPY . ./
RUN pip install --no-deps --no-build-isolation . && rm -rf /build/*

RUN useradd --system --no-create-home tenuto
USER tenuto
WORKDIR /
CMD ["tenuto", "--help"]
