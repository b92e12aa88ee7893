import Glibc

/// The processor time that the calling thread has used. A limit on it holds on a busy machine too, where one on the clock's time fails.
package enum ThreadTime {
    /// Since the thread began: <https://man7.org/linux/man-pages/man3/clock_gettime.3.html>.
    package static var now: Duration {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
