/* Makes writing and syncing files whose name holds $EIO_FOR fail with EIO while the file $EIO_WHILE exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd) {
    const char *sign = getenv("EIO_WHILE"), *named = getenv("EIO_FOR");
    char link[64], path[PATH_MAX + 1];
    int kept = errno;
    if (!sign || !named || access(sign, F_OK) != 0) {
        errno = kept;
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX);
    errno = kept;
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, named) != NULL && strstr(path, "status") == NULL;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    REAL(pwrite64);
    if (fails(fd)) { errno = EIO; return -1; }
    return real(fd, bytes, count, offset);
}

ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    if (fails(fd)) { errno = EIO; return -1; }
    return real(fd, bytes, count);
}

int fsync(int fd) {
    REAL(fsync);
    if (fails(fd)) { errno = EIO; return -1; }
    return real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    if (fails(fd)) { errno = EIO; return -1; }
    return real(fd);
}
