/* What a process does to the files below a folder, and what it says on its sockets, in one order: for LD_PRELOAD.
 *
 * TILLWATCH_RECORD_FOLDER names the folder, TILLWATCH_RECORD_LOG the file that is appended to. Each entry is a header
 * of 32 bytes, then the path below the folder, then the data; tests/faults/recording.py reads them. One lock is held
 * around an entry and its operation, so that entries stand in the order in which things happened.
 */
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { CREATE = 1, TRUNCATE, WRITE, SYNC, SYNC_FOLDER, RENAME, UNLINK, SEND, CLOSE, UNKNOWN };

struct header {
    uint32_t kind, path, data, fd;
    uint64_t offset; /* of a write, or the new size */
    double at;       /* CLOCK_MONOTONIC */
};

#define FDS 4096
static char *paths[FDS]; /* below the folder; "" is the folder itself */
static char folder[PATH_MAX];
static size_t folder_length;
static int out = -1;
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("TILLWATCH_RECORD_FOLDER"), *log = getenv("TILLWATCH_RECORD_LOG");
    if (!where || !log || !realpath(where, folder)) return;
    folder_length = strlen(folder);
    out = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t size) {
    const char *next = bytes;
    while (size) {
        ssize_t done = REAL(write)(out, next, size);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) abort(); /* a recording with a hole proves nothing */
        next += done;
        size -= done;
    }
}

static void note(uint32_t kind, const char *path, int fd, uint64_t offset, const void *data, size_t size) {
    if (out < 0) return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct header header = {kind, strlen(path), size, fd, offset, now.tv_sec + now.tv_nsec / 1e9};
    int before = errno;
    put(&header, sizeof header);
    put(path, header.path);
    put(data, size);
    errno = before;
}

static const char *below(const char *path) {
    static __thread char whole[PATH_MAX];
    if (!folder_length) return NULL;
    if (path[0] != '/') {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return NULL;
        if (snprintf(whole, sizeof whole, "%s/%s", here, path) >= (int)sizeof whole) return NULL;
        path = whole;
    }
    if (strncmp(path, folder, folder_length)) return NULL;
    if (!path[folder_length]) return "";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static const char *path_of(int fd) { return fd >= 0 && fd < FDS ? paths[fd] : NULL; }

static void forget(int fd) {
    if (fd < 0 || fd >= FDS) return;
    free(paths[fd]);
    paths[fd] = NULL;
}

static int opened(int fd, const char *path, int flags, int existed) {
    const char *name = fd >= 0 ? below(path) : NULL;
    forget(fd);
    if (!name || fd >= FDS) return fd;
    paths[fd] = strdup(name);
    if ((flags & O_CREAT) && !existed) note(CREATE, name, fd, 0, "", 0);
    if ((flags & O_TRUNC) && existed) note(TRUNCATE, name, fd, 0, "", 0);
    return fd;
}

#define OPEN(name)                                                                         \
    int name(const char *path, int flags, ...) {                                           \
        va_list rest;                                                                      \
        va_start(rest, flags);                                                             \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;          \
        va_end(rest);                                                                      \
        pthread_mutex_lock(&lock);                                                         \
        int existed = access(path, F_OK) == 0;                                             \
        int fd = opened(REAL(name)(path, flags, mode), path, flags, existed);              \
        pthread_mutex_unlock(&lock);                                                       \
        return fd;                                                                         \
    }
OPEN(open)
OPEN(open64)

#define PWRITE(name, offset_type)                                                          \
    ssize_t name(int fd, const void *data, size_t size, offset_type offset) {              \
        pthread_mutex_lock(&lock);                                                         \
        ssize_t done = REAL(name)(fd, data, size, offset);                                 \
        if (done > 0 && path_of(fd)) note(WRITE, path_of(fd), fd, offset, data, done);     \
        pthread_mutex_unlock(&lock);                                                       \
        return done;                                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t size) {
    if (!path_of(fd)) return REAL(write)(fd, data, size);
    pthread_mutex_lock(&lock);
    int appends = fcntl(fd, F_GETFL) & O_APPEND;
    off64_t offset = lseek64(fd, 0, appends ? SEEK_END : SEEK_CUR);
    ssize_t done = REAL(write)(fd, data, size);
    if (done > 0) note(WRITE, path_of(fd), fd, offset, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

/* Not followed, because nothing that is recorded uses them below the folder: a recording that holds one is refused. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (path_of(fd)) note(UNKNOWN, path_of(fd), fd, 0, "writev", 6);
    return REAL(writev)(fd, parts, count);
}

int posix_fallocate(int fd, off_t offset, off_t size) {
    if (path_of(fd)) note(UNKNOWN, path_of(fd), fd, 0, "posix_fallocate", 15);
    return REAL(posix_fallocate)(fd, offset, size);
}

#define TRUNCATES(name, size_type)                                                         \
    int name(int fd, size_type size) {                                                     \
        pthread_mutex_lock(&lock);                                                         \
        int failed = REAL(name)(fd, size);                                                 \
        if (!failed && path_of(fd)) note(TRUNCATE, path_of(fd), fd, size, "", 0);          \
        pthread_mutex_unlock(&lock);                                                       \
        return failed;                                                                     \
    }
TRUNCATES(ftruncate, off_t)
TRUNCATES(ftruncate64, off64_t)

/* The entry of a sync stands after the sync: what it made certain is certain from here on. */
#define SYNCS(name)                                                                        \
    int name(int fd) {                                                                     \
        pthread_mutex_lock(&lock);                                                         \
        int failed = REAL(name)(fd);                                                       \
        const char *path = path_of(fd);                                                    \
        if (!failed && path) note(*path ? SYNC : SYNC_FOLDER, path, fd, 0, "", 0);         \
        pthread_mutex_unlock(&lock);                                                       \
        return failed;                                                                     \
    }
SYNCS(fsync)
SYNCS(fdatasync)

int rename(const char *from, const char *to) {
    pthread_mutex_lock(&lock);
    int failed = REAL(rename)(from, to);
    if (!failed && below(from)) {
        char source[PATH_MAX];
        snprintf(source, sizeof source, "%s", below(from));
        const char *target = below(to);
        if (target) note(RENAME, source, -1, 0, target, strlen(target));
        else note(UNLINK, source, -1, 0, "", 0);
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

int unlink(const char *path) {
    pthread_mutex_lock(&lock);
    int failed = REAL(unlink)(path);
    if (!failed && below(path)) note(UNLINK, below(path), -1, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return failed;
}

/* What was said may be acted on: a cut after this entry must not take back what it rests on. */
ssize_t send(int fd, const void *data, size_t size, int flags) {
    pthread_mutex_lock(&lock);
    ssize_t done = REAL(send)(fd, data, size, flags);
    if (done > 0) note(SEND, "", fd, 0, data, done);
    pthread_mutex_unlock(&lock);
    return done;
}

int close(int fd) {
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd != out) {
        note(CLOSE, path_of(fd) ? path_of(fd) : "", fd, 0, "", 0);
        forget(fd);
    }
    int failed = fd == out ? 0 : REAL(close)(fd);
    pthread_mutex_unlock(&lock);
    return failed;
}
