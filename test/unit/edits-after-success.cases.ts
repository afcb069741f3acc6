/** Functions before and after `pthread_detach(tid);` was inserted where the creation has succeeded. */
export interface Case {
  name: string;
  before: string;
  after: string;
}

/** Cases as text: a title line, the function before, a line of dashes, the function after. */
function cases(text: string): Case[] {
  return text
    .split(/^=== /m)
    .slice(1)
    .map((section) => {
      const [name = '', ...rest] = section.split('\n');
      const [before = '', after = ''] = rest.join('\n').split(/^---\n/m);
      return { name, before, after };
    });
}

export const C_CASES = cases(`
=== unchecked: checks it
void f(void)
{
    pthread_create(&tid, NULL, work, NULL);
    other();
}
---
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0)
        pthread_detach(tid);
    other();
}
=== unchecked with a cast to void and a comment
void f(void)
{
    (void)pthread_create(&tid, NULL, work, NULL); // the sweeper
    other();
}
---
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0) // the sweeper
        pthread_detach(tid);
    other();
}
=== unchecked as the body of a loop
void f(int n)
{
    for (int i = 0; i < n; i++)
        pthread_create(&tid, NULL, work, NULL);
    other();
}
---
void f(int n)
{
    for (int i = 0; i < n; i++) {
        if (pthread_create(&tid, NULL, work, NULL) == 0)
            pthread_detach(tid);
    }
    other();
}
=== unchecked as the body of an if with else
void f(int n)
{
    if (n > 0)
        pthread_create(&tid, NULL, work, NULL);
    else
        other();
}
---
void f(int n)
{
    if (n > 0) {
        if (pthread_create(&tid, NULL, work, NULL) == 0)
            pthread_detach(tid);
    }
    else
        other();
}
=== unchecked as the body of an else
void f(int n)
{
    if (n > 0)
        other();
    else
        pthread_create(&tid, NULL, work, NULL); /* start */
}
---
void f(int n)
{
    if (n > 0)
        other();
    else {
        if (pthread_create(&tid, NULL, work, NULL) == 0) /* start */
            pthread_detach(tid);
    }
}
=== unchecked as the body of do
void f(int n)
{
    do
        pthread_create(&tid, NULL, work, NULL);
    while (n-- > 0);
}
---
void f(int n)
{
    do {
        if (pthread_create(&tid, NULL, work, NULL) == 0)
            pthread_detach(tid);
    }
    while (n-- > 0);
}
=== unchecked on the line of its loop
void f(int n)
{
    while (n-- > 0) pthread_create(&tid, NULL, work, NULL);
}
---
void f(int n)
{
    while (n-- > 0) {
        if (pthread_create(&tid, NULL, work, NULL) == 0)
            pthread_detach(tid);
    }
}
=== unchecked in a block on one line
void f(int n)
{
    if (n) { pthread_create(&tid, NULL, work, NULL); }
}
---
void f(int n)
{
    if (n) { if (pthread_create(&tid, NULL, work, NULL) == 0) pthread_detach(tid); }
}
=== unchecked after a case label on the same line
void f(int n)
{
    switch (n) {
    case 1: pthread_create(&tid, NULL, work, NULL); break;
    case 2:
        other();
    }
}
---
void f(int n)
{
    switch (n) {
    case 1: if (pthread_create(&tid, NULL, work, NULL) == 0) pthread_detach(tid); break;
    case 2:
        other();
    }
}
=== unchecked after a case label
void f(int n)
{
    switch (n) {
    case 1:
        pthread_create(&tid, NULL, work, NULL);
        break;
    }
}
---
void f(int n)
{
    switch (n) {
    case 1:
        if (pthread_create(&tid, NULL, work, NULL) == 0)
            pthread_detach(tid);
        break;
    }
}
=== leaves when not zero
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0)
        return -1;
    return 0;
}
---
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0)
        return -1;
    pthread_detach(tid);
    return 0;
}
=== leaves when true, with braces and a comment
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL)) {
        log_it("no thread");
        return -1;
    } // worker
    return 0;
}
---
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL)) {
        log_it("no thread");
        return -1;
    } // worker
    pthread_detach(tid);
    return 0;
}
=== leaves when 0 is not the result
int f(void)
{
    if (0 != pthread_create(&tid, NULL, work, NULL)) return -1;
    return 0;
}
---
int f(void)
{
    if (0 != pthread_create(&tid, NULL, work, NULL)) return -1;
    pthread_detach(tid);
    return 0;
}
=== leaves when positive
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) > 0)
        exit(1);
    return 0;
}
---
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) > 0)
        exit(1);
    pthread_detach(tid);
    return 0;
}
=== leaves when not equal to zero, written with a negation
int f(void)
{
    if (!(pthread_create(&tid, NULL, work, NULL) == 0))
        return -1;
    return 0;
}
---
int f(void)
{
    if (!(pthread_create(&tid, NULL, work, NULL) == 0))
        return -1;
    pthread_detach(tid);
    return 0;
}
=== leaves when the assigned result is not zero
int f(void)
{
    int rc;
    if ((rc = pthread_create(&tid, NULL, work, NULL)) != 0) {
        errno_of(rc);
        goto fail;
    }
    return 0;
fail:
    return rc;
}
---
int f(void)
{
    int rc;
    if ((rc = pthread_create(&tid, NULL, work, NULL)) != 0) {
        errno_of(rc);
        goto fail;
    }
    pthread_detach(tid);
    return 0;
fail:
    return rc;
}
=== leaves when unlikely
int f(void)
{
    if (unlikely(pthread_create(&tid, NULL, work, NULL)))
        return -1;
    return 0;
}
---
int f(void)
{
    if (unlikely(pthread_create(&tid, NULL, work, NULL)))
        return -1;
    pthread_detach(tid);
    return 0;
}
=== leaves from a loop
int f(int n)
{
    int i;
    for (i = 0; i < n; i++)
        if (pthread_create(&tid, NULL, work, NULL) != 0)
            break;
    return i;
}
---
int f(int n)
{
    int i;
    for (i = 0; i < n; i++) {
        if (pthread_create(&tid, NULL, work, NULL) != 0)
            break;
        pthread_detach(tid);
    }
    return i;
}
=== leaves on failure or on another condition
int f(int n)
{
    if (n == 0 || pthread_create(&tid, NULL, work, NULL) != 0)
        return -1;
    return 0;
}
---
int f(int n)
{
    if (n == 0 || pthread_create(&tid, NULL, work, NULL) != 0)
        return -1;
    pthread_detach(tid);
    return 0;
}
=== reports and goes on, with braces
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0) {
        log_it("no thread");
    }
    other();
}
---
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0) {
        log_it("no thread");
    } else {
        pthread_detach(tid);
    }
    other();
}
=== reports and goes on, without braces
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0)
        log_it("no thread"); /* and go on */
    other();
}
---
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0)
        log_it("no thread"); /* and go on */
    else
        pthread_detach(tid);
    other();
}
=== has an else with braces
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0) {
        log_it("no thread");
    } else { // it runs
        other();
    }
}
---
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0) {
        log_it("no thread");
    } else { // it runs
        pthread_detach(tid);
        other();
    }
}
=== has an else without braces
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0)
        return -1;
    else
        other();
    return 0;
}
---
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0)
        return -1;
    else {
        pthread_detach(tid);
        other();
    }
    return 0;
}
=== has an else if
int f(int n)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0) {
        return -1;
    } else if (n > 1) {
        other();
        return 1;
    }
    return 0;
}
---
int f(int n)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0) {
        return -1;
    } else {
        pthread_detach(tid);
        if (n > 1) {
            other();
            return 1;
        }
    }
    return 0;
}
=== success has a branch
void f(struct state *s)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0) {
        s->started = 1;
    }
}
---
void f(struct state *s)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0) {
        pthread_detach(tid);
        s->started = 1;
    }
}
=== success has a branch without braces
void f(struct state *s)
{
    if (!pthread_create(&tid, NULL, work, NULL))
        s->started = 1;
    else
        s->started = 0;
}
---
void f(struct state *s)
{
    if (!pthread_create(&tid, NULL, work, NULL)) {
        pthread_detach(tid);
        s->started = 1;
    }
    else
        s->started = 0;
}
=== success has a branch on the same line
int f(void)
{
    if (!pthread_create(&tid, NULL, work, NULL)) return 1;
    return 0;
}
---
int f(void)
{
    if (!pthread_create(&tid, NULL, work, NULL)) {
        pthread_detach(tid);
        return 1;
    }
    return 0;
}
=== success has a block on the same line
int f(void)
{
    if (0 == pthread_create(&tid, NULL, work, NULL)) { return 1; }
    return 0;
}
---
int f(void)
{
    if (0 == pthread_create(&tid, NULL, work, NULL)) { pthread_detach(tid); return 1; }
    return 0;
}
=== success has an empty block
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0) {}
}
---
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0) { pthread_detach(tid); }
}
=== success and another condition before it
void f(int n, struct state *s)
{
    if (n > 0 && pthread_create(&tid, NULL, work, NULL) == 0)
        s->started = 1;
}
---
void f(int n, struct state *s)
{
    if (n > 0 && pthread_create(&tid, NULL, work, NULL) == 0) {
        pthread_detach(tid);
        s->started = 1;
    }
}
=== result in a variable, then goto
int f(void)
{
    int rc;
    rc = pthread_create(&tid, NULL, work, NULL);
    if (rc)
        goto fail;
    return 0;
fail:
    return rc;
}
---
int f(void)
{
    int rc;
    rc = pthread_create(&tid, NULL, work, NULL);
    if (rc)
        goto fail;
    pthread_detach(tid);
    return 0;
fail:
    return rc;
}
=== result in a new variable, then a branch for success
int f(struct state *s)
{
    const int rc = pthread_create(&tid, NULL, work, NULL);
    // it may fail
    if (rc == 0) {
        s->started = 1;
    }
    return rc;
}
---
int f(struct state *s)
{
    const int rc = pthread_create(&tid, NULL, work, NULL);
    // it may fail
    if (rc == 0) {
        pthread_detach(tid);
        s->started = 1;
    }
    return rc;
}
=== result in a variable that is tested later
int f(pthread_attr_t *attr)
{
    int rc = pthread_create(&tid, NULL, work, NULL);
    pthread_attr_destroy(attr);
    return rc;
}
---
int f(pthread_attr_t *attr)
{
    int rc = pthread_create(&tid, NULL, work, NULL);
    if (rc == 0)
        pthread_detach(tid);
    pthread_attr_destroy(attr);
    return rc;
}
=== result in a variable that is tested for one error
int f(void)
{
    int rc = pthread_create(&tid, NULL, work, NULL);
    if (rc == 11)
        return other();
    return rc;
}
---
int f(void)
{
    int rc = pthread_create(&tid, NULL, work, NULL);
    if (rc == 0)
        pthread_detach(tid);
    if (rc == 11)
        return other();
    return rc;
}
=== result in a variable behind an unbraced if
int f(int n)
{
    int rc = 0;
    if (n)
        rc = pthread_create(&tid, NULL, work, NULL);
    if (rc)
        return -1;
    return 0;
}
---
int f(int n)
{
    int rc = 0;
    if (n) {
        rc = pthread_create(&tid, NULL, work, NULL);
        if (rc == 0)
            pthread_detach(tid);
    }
    if (rc)
        return -1;
    return 0;
}
=== result in a variable that is asserted
void f(void)
{
    int rc = pthread_create(&tid, NULL, work, NULL);
    assert(rc == 0);
    (void)rc;
}
---
void f(void)
{
    int rc = pthread_create(&tid, NULL, work, NULL);
    assert(rc == 0);
    pthread_detach(tid);
    (void)rc;
}
=== result behind a pointer
void f(int *rc)
{
    *rc = pthread_create(&tid, NULL, work, NULL);
}
---
void f(int *rc)
{
    *rc = pthread_create(&tid, NULL, work, NULL);
    if (*rc == 0)
        pthread_detach(tid);
}
=== flag that says it worked
int f(void)
{
    int ok = pthread_create(&tid, NULL, work, NULL) == 0;
    other();
    return ok;
}
---
int f(void)
{
    int ok = pthread_create(&tid, NULL, work, NULL) == 0;
    if (ok)
        pthread_detach(tid);
    other();
    return ok;
}
=== flag that says it failed
int f(void)
{
    int failed = pthread_create(&tid, NULL, work, NULL) != 0;
    return failed;
}
---
int f(void)
{
    int failed = pthread_create(&tid, NULL, work, NULL) != 0;
    if (!failed)
        pthread_detach(tid);
    return failed;
}
=== flag in a field
int f(struct state *s)
{
    s->started = pthread_create(&tid, NULL, work, NULL) == 0;
    return s->started ? 0 : -1;
}
---
int f(struct state *s)
{
    s->started = pthread_create(&tid, NULL, work, NULL) == 0;
    if (s->started)
        pthread_detach(tid);
    return s->started ? 0 : -1;
}
=== flag from a ternary, then tested
int f(struct state *s)
{
    s->started = pthread_create(&tid, NULL, work, NULL) ? 0 : 1;
    if (!s->started)
        return -1;
    return 0;
}
---
int f(struct state *s)
{
    s->started = pthread_create(&tid, NULL, work, NULL) ? 0 : 1;
    if (!s->started)
        return -1;
    pthread_detach(tid);
    return 0;
}
=== returned
int f(void)
{
    return pthread_create(&tid, NULL, work, NULL);
}
---
int f(void)
{
    int rc = pthread_create(&tid, NULL, work, NULL);
    if (rc == 0)
        pthread_detach(tid);
    return rc;
}
=== returned as a flag where rc is taken
int f(int rc)
{
    if (rc)
        return pthread_create(&tid, NULL, work, NULL) == 0;
    return rc;
}
---
int f(int rc)
{
    if (rc) {
        int err = pthread_create(&tid, NULL, work, NULL);
        if (err == 0)
            pthread_detach(tid);
        return err == 0;
    }
    return rc;
}
=== asserted
void f(void)
{
    assert(pthread_create(&tid, NULL, work, NULL) == 0);
    other();
}
---
void f(void)
{
    assert(pthread_create(&tid, NULL, work, NULL) == 0);
    pthread_detach(tid);
    other();
}
=== checked by a macro
void f(void)
{
    CHECK(!pthread_create(&tid, NULL, work, NULL));
}
---
void f(void)
{
    CHECK(!pthread_create(&tid, NULL, work, NULL));
    pthread_detach(tid);
}
=== checked by a macro of two values
void f(void)
{
    CHECK_EQ(0, pthread_create(&tid, NULL, work, NULL));
}
---
void f(void)
{
    CHECK_EQ(0, pthread_create(&tid, NULL, work, NULL));
    pthread_detach(tid);
}
=== after a label
void f(int n)
{
    if (n)
        goto again;
    other();
again:
    pthread_create(&tid, NULL, work, NULL);
    other();
}
---
void f(int n)
{
    if (n)
        goto again;
    other();
again:
    if (pthread_create(&tid, NULL, work, NULL) == 0)
        pthread_detach(tid);
    other();
}
=== after a label on the same line
void f(int n)
{
again: if (pthread_create(&tid, NULL, work, NULL) != 0)
        goto again;
    other();
}
---
void f(int n)
{
again: if (pthread_create(&tid, NULL, work, NULL) != 0)
        goto again;
    pthread_detach(tid);
    other();
}
=== returned after a case label
int f(int n)
{
    switch (n) {
    case 1:
        return pthread_create(&tid, NULL, work, NULL); // one
    case 3: return other();
    }
    return 0;
}
---
int f(int n)
{
    switch (n) {
    case 1:
        {
            int rc = pthread_create(&tid, NULL, work, NULL);
            if (rc == 0)
                pthread_detach(tid);
            return rc; // one
        }
    case 3: return other();
    }
    return 0;
}
=== returned on the line of a case label
int f(int n)
{
    switch (n) {
    case 3: return pthread_create(&tid, NULL, work, NULL);
    }
    return 0;
}
---
int f(int n)
{
    switch (n) {
    case 3: { int rc = pthread_create(&tid, NULL, work, NULL); if (rc == 0) pthread_detach(tid); return rc; }
    }
    return 0;
}
=== braces on lines of their own
int f(int n)
{
    while (n-- > 0)
        if (pthread_create(&tid, NULL, work, NULL) != 0)
        {
            log_it("no thread");
        }
    return n;
}
---
int f(int n)
{
    while (n-- > 0)
        if (pthread_create(&tid, NULL, work, NULL) != 0)
        {
            log_it("no thread");
        }
        else
        {
            pthread_detach(tid);
        }
    return n;
}
=== a body without braces, others on lines of their own
int f(int n)
{
    if (n)
    {
        other();
    }
    if (n)
        pthread_create(&tid, NULL, work, NULL);
    return n;
}
---
int f(int n)
{
    if (n)
    {
        other();
    }
    if (n)
    {
        if (pthread_create(&tid, NULL, work, NULL) == 0)
            pthread_detach(tid);
    }
    return n;
}
=== asserted not to fail
void f(void)
{
    ASSERT_FALSE(pthread_create(&tid, NULL, work, NULL));
}
---
void f(void)
{
    ASSERT_FALSE(pthread_create(&tid, NULL, work, NULL));
    pthread_detach(tid);
}
=== before a directive
void f(void)
{
    pthread_create(&tid, NULL, work, NULL);
#ifdef VERBOSE
    other();
#endif
}
---
void f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0)
        pthread_detach(tid);
#ifdef VERBOSE
    other();
#endif
}
`).map((example) => ({ ...example, ...declared(example) }));

export const CPP_CASES = cases(`
=== declared in the condition
int f()
{
    if (int rc = pthread_create(&tid, NULL, work, NULL))
        return rc;
    return 0;
}
---
int f()
{
    if (int rc = pthread_create(&tid, NULL, work, NULL))
        return rc;
    pthread_detach(tid);
    return 0;
}
=== flag of type bool, and a throw
void f()
{
    const bool ok = !pthread_create(&tid, NULL, work, NULL);
    if (not ok)
        throw 1;
    other();
}
---
void f()
{
    const bool ok = !pthread_create(&tid, NULL, work, NULL);
    if (not ok)
        throw 1;
    pthread_detach(tid);
    other();
}
=== inside a lambda
void f()
{
    auto start = [] {
        return pthread_create(&tid, NULL, work, NULL);
    };
    start();
}
---
void f()
{
    auto start = [] {
        int rc = pthread_create(&tid, NULL, work, NULL);
        if (rc == 0)
            pthread_detach(tid);
        return rc;
    };
    start();
}
=== body of a range loop
void f(int (&all)[4])
{
    for (int &one : all)
        one = pthread_create(&tid, NULL, work, NULL);
}
---
void f(int (&all)[4])
{
    for (int &one : all) {
        one = pthread_create(&tid, NULL, work, NULL);
        if (one == 0)
            pthread_detach(tid);
    }
}
`);

export const C11_CASES = cases(`
=== unchecked
void f(void)
{
    thrd_create(&tid, work11, NULL);
}
---
void f(void)
{
    if (thrd_create(&tid, work11, NULL) == thrd_success)
        thrd_detach(tid);
}
=== leaves when no success
int f(void)
{
    if (thrd_create(&tid, work11, NULL) != thrd_success)
        return -1;
    return 0;
}
---
int f(void)
{
    if (thrd_create(&tid, work11, NULL) != thrd_success)
        return -1;
    thrd_detach(tid);
    return 0;
}
=== result in a variable
int f(void)
{
    int err = thrd_create(&tid, work11, NULL);
    other();
    return err;
}
---
int f(void)
{
    int err = thrd_create(&tid, work11, NULL);
    if (err == thrd_success)
        thrd_detach(tid);
    other();
    return err;
}
=== returned as a flag
int f(void)
{
    return thrd_create(&tid, work11, NULL) == thrd_success;
}
---
int f(void)
{
    int rc = thrd_create(&tid, work11, NULL);
    if (rc == thrd_success)
        thrd_detach(tid);
    return rc == thrd_success;
}
`);

export const NO_FIX = cases(`
=== condition of a loop
void f(void)
{
    while (pthread_create(&tid, NULL, work, NULL) != 0)
        other();
}
=== head of a for loop
void f(void)
{
    for (int rc = pthread_create(&tid, NULL, work, NULL); rc; rc--)
        other();
}
=== condition of do
void f(void)
{
    do {
        other();
    } while (pthread_create(&tid, NULL, work, NULL));
}
=== left of a comma
void f(void)
{
    pthread_create(&tid, NULL, work, NULL), other();
}
=== argument of a function that goes on
void f(void)
{
    printf("%d", pthread_create(&tid, NULL, work, NULL));
}
=== a check that no failure meets
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) < 0)
        return -1;
    return 0;
}
=== a check for one failure
int f(void)
{
    if (pthread_create(&tid, NULL, work, NULL) == 11)
        return -1;
    return 0;
}
=== success and a later condition
void f(int n)
{
    if (pthread_create(&tid, NULL, work, NULL) == 0 && n > 0)
        other();
}
=== failure or success of something else
void f(int n)
{
    if (n > 0 || pthread_create(&tid, NULL, work, NULL) == 0)
        other();
}
=== result that may come from elsewhere
int f(int n)
{
    int rc = n ? pthread_create(&tid, NULL, work, NULL) : 0;
    return rc;
}
=== switch over the result
void f(void)
{
    switch (pthread_create(&tid, NULL, work, NULL)) {
    case 0:
        other();
    }
}
=== added to a sum
int f(int rc)
{
    rc |= pthread_create(&tid, NULL, work, NULL);
    return rc;
}
=== body of a macro
#define START() \\
    pthread_create(&tid, NULL, work, NULL)
void f(void)
{
    START();
}
=== two conditions, one chosen by the preprocessor
int f(void)
{
#ifdef FAST
    if (pthread_create(&tid, NULL, work, NULL) != 0)
#else
    if (other() != 0)
#endif
        return -1;
    return 0;
}
=== evaluated after another call
int f(void)
{
    return other() + pthread_create(&tid, NULL, work, NULL);
}
=== asserted to fail
void f(void)
{
    ASSERT_FALSE(pthread_create(&tid, NULL, work, NULL) == 0);
}
=== compared with something else
void f(void)
{
    CHECK_EQ(other(), pthread_create(&tid, NULL, work, NULL));
}
=== reported by a function
void f(void)
{
    check(pthread_create(&tid, NULL, work, NULL) == 0);
}
=== value of a statement expression
int f(void)
{
    return ({ other(); pthread_create(&tid, NULL, work, NULL); });
}
=== failure reported by an unbraced compound statement
void f(int n)
{
    if (pthread_create(&tid, NULL, work, NULL) != 0)
        if (n)
            other();
}
`);

/** Declares the one function a case names beyond the prelude. */
function declared({ before, after }: Case): { before: string; after: string } {
  const head = before.includes('errno_of') ? 'void errno_of(int rc);\n' : '';
  return { before: head + before, after: head + after };
}
