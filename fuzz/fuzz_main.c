/* Runs a fuzz target over files, and over all files of directories, without libFuzzer: corpora and
 * regressions are tests in every build. A finding ends the process, behind its input's name. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_MAX = 1 << 24, PATH_BYTES = 4096 };

static unsigned inputs;

static void replay_file(const char *path) {
    FILE *in = fopen(path, "rb");
    uint8_t *whole = malloc(INPUT_MAX);
    if (in == NULL || whole == NULL) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    size_t size = fread(whole, 1, INPUT_MAX, in);
    fclose(in);
    /* A block of exactly that size, so that a sanitizer sees every step beyond it. */
    uint8_t *data = malloc(size == 0 ? 1 : size);
    if (data == NULL) {
        exit(2);
    }
    memcpy(data, whole, size);
    free(whole);
    fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    inputs++;
}

static void replay(const char *path) {
    struct stat info;
    DIR *dir = stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    if (dir == NULL) {
        replay_file(path);
        return;
    }
    for (struct dirent *each = readdir(dir); each != NULL; each = readdir(dir)) {
        char inner[PATH_BYTES];
        if (each->d_name[0] != '.') {
            snprintf(inner, sizeof inner, "%s/%s", path, each->d_name);
            replay(inner);
        }
    }
    closedir(dir);
}

/* A finding is a failed test and no crash of the test program (the canary is expected to fail). */
static void on_abort(int signal_number) {
    (void)signal_number;
    _exit(1);
}

int main(int argc, char **argv) {
    signal(SIGABRT, on_abort);
    for (int i = 1; i < argc; i++) {
        struct stat info;
        if (stat(argv[i], &info) == 0 || i == 1) { /* a target without regressions has no folder */
            replay(argv[i]);
        }
    }
    printf("%u inputs\n", inputs);
    return inputs == 0;
}
