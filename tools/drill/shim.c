/* Lets a chosen write to a folder fail: loaded into a runner with LD_PRELOAD, for the drill of a full disk.
 *
 * Calls that write, sync, cut or open for writing a file under DRILL_FOLDER are counted from 1. From call DRILL_FAIL_AT
 * on they fail with DRILL_ERRNO until the file DRILL_UNTIL exists; the file DRILL_HIT is made when the first one fails.
 * With DRILL_ROOM the disk is not full yet at that call: so many bytes of growth still fit, and only what grows a file
 * beyond them fails, with ENOSPC.
 * With DRILL_FAIL_AT=0 nothing fails, and DRILL_HIT holds the number of calls when the process ends.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;
static atomic_long grown;
static atomic_int hit;

/* Makes a file that says how many calls there were. */
static void tell(const char *path) {
    char text[32];
    int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
    __typeof__(&open) make = (__typeof__(&open))dlsym(RTLD_NEXT, "open");
    __typeof__(&write) put = (__typeof__(&write))dlsym(RTLD_NEXT, "write");
    int file = make(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0) return;
    if (put(file, text, (size_t)length) != length) perror("shim");
    close(file);
}

static int is_inside(const char *path) {
    const char *folder = getenv("DRILL_FOLDER");
    return folder && *folder && strncmp(path, folder, strlen(folder)) == 0;
}

/* Whether growth by so many bytes still fits. */
static int fits(const char *room, long growth) {
    if (growth <= 0 || atomic_fetch_add(&grown, growth) + growth <= atol(room)) return 1;
    atomic_fetch_sub(&grown, growth);
    return 0;
}

/* Whether this call, which grows a file by so many bytes, fails; errno is set. */
static int fails(const char *path, long growth) {
    const char *wanted = getenv("DRILL_FAIL_AT"), *until = getenv("DRILL_UNTIL"), *told = getenv("DRILL_HIT");
    const char *room = getenv("DRILL_ROOM");
    long number, at;
    if (!wanted || !until || !told || !is_inside(path)) return 0;
    number = atomic_fetch_add(&calls, 1) + 1;
    at = atol(wanted);
    if (at == 0 || number < at || access(until, F_OK) == 0) return 0;
    if (room && fits(room, growth)) return 0;
    if (!atomic_exchange(&hit, 1)) tell(told);
    errno = getenv("DRILL_ERRNO") ? atoi(getenv("DRILL_ERRNO")) : EIO;
    return 1;
}

static int fails_at(int file, long growth) {
    char link[64], path[4096];
    int saved = errno;
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length <= 0) return 0;
    path[length] = 0;
    return fails(path, growth);
}

/* By how many bytes writing so many at a place grows a file. */
static long growth_of(int file, size_t size, off64_t at) {
    struct stat64 status;
    if (fstat64(file, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    return (long)(at + (off64_t)size - status.st_size);
}

__attribute__((destructor)) static void at_end(void) {
    const char *wanted = getenv("DRILL_FAIL_AT"), *told = getenv("DRILL_HIT");
    if (wanted && told && atol(wanted) == 0 && atomic_load(&calls) > 0) tell(told);
}

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define ON_FILE(result, name, arguments, pass, growth) \
    result name arguments { \
        NEXT(name); \
        if (fails_at(file, growth)) return -1; \
        return next pass; \
    }

ON_FILE(ssize_t, write, (int file, const void *data, size_t size), (file, data, size), growth_of(file, size, lseek64(file, 0, SEEK_CUR)))
ON_FILE(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at), growth_of(file, size, at))
ON_FILE(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at), growth_of(file, size, at))
ON_FILE(int, fsync, (int file), (file), 0)
ON_FILE(int, fdatasync, (int file), (file), 0)
ON_FILE(int, ftruncate, (int file, off_t size), (file, size), 0)
ON_FILE(int, ftruncate64, (int file, off64_t size), (file, size), 0)

#define WRITES(flags) (((flags)&O_ACCMODE) != O_RDONLY)
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        MODE(flags) \
        NEXT(name); \
        if (WRITES(flags) && fails(path, 0)) return -1; \
        return next(path, flags, mode); \
    }

#define OPENS_AT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        MODE(flags) \
        NEXT(name); \
        if (WRITES(flags) && fails(path, 0)) return -1; \
        return next(folder, path, flags, mode); \
    }

OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
