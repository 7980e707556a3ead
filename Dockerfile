# The image of a release; GoReleaser puts the program of each platform beside this file.
#
#   docker run --rm -it -v "$PWD:/work" -u "$(id -u):$(id -g)" -e DASHSCOPE_API_KEY ghcr.io/qwenbatch/qwenbatch run prompts.csv
#
# The base image has CA roots, time zones and the user nonroot, and no shell.
FROM gcr.io/distroless/static-debian12:nonroot
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/qwenbatch /usr/local/bin/qwenbatch
# What batches must tell each other is kept beside the sheets, since the container is gone after a run.
ENV XDG_CACHE_HOME=/work/.cache
VOLUME /work
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/qwenbatch"]
CMD ["help"]
