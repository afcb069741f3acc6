#include "telemetryd.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static pthread_mutex_t g_pages = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t g_dumps = PTHREAD_MUTEX_INITIALIZER;
static char g_prefix[64];
static int g_dump_count;

static void before_fork(void)
{
    pthread_mutex_lock(&g_pages);
}

static void after_fork(void)
{
    pthread_mutex_unlock(&g_pages);
}

/* The handlers leave g_dumps out, and the pid is read once for parent and children. */
void profile_start(const char *base)
{
    snprintf(g_prefix, sizeof g_prefix, "%s_%d", base, (int)getpid());
    pthread_atfork(before_fork, after_fork, after_fork);
}

static void dump(void)
{
    char name[96];
    FILE *file;

    snprintf(name, sizeof name, "%s.%04d.heap", g_prefix, ++g_dump_count);
    file = fopen(name, "w");
    if (file != NULL)
        fclose(file);
}

void *profile_alloc(size_t bytes)
{
    void *memory;

    pthread_mutex_lock(&g_pages);
    memory = malloc(bytes);
    pthread_mutex_unlock(&g_pages);
    pthread_mutex_lock(&g_dumps);
    if (bytes > 4096)
        dump();
    pthread_mutex_unlock(&g_dumps);
    return memory;
}

/* The child of a threaded process may call little before exec; this one allocates, prints and exits. */
int profile_dump_in_child(void)
{
    pid_t child = fork();

    if (child == 0) {
        printf("dumped %p\n", profile_alloc(8192));
        exit(0);
    }
    return child < 0 ? -1 : waitpid(child, NULL, 0) == child;
}

/* Correct: nothing of this process runs in the child. */
int profile_convert(char *const command[])
{
    pid_t child;
    int result = posix_spawn(&child, command[0], NULL, NULL, command, environ);

    if (result == 0)
        waitpid(child, NULL, 0);
    return result;
}
