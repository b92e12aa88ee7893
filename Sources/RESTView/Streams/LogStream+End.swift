import Jobs

extension LogStream {
    /// The same log, which ends at a moment as if there were no more of it.
    ///
    /// - Parameter end: nil: it goes on as long as there is more.
    func ending(at end: ContinuousClock.Instant?) -> LogStream {
        guard let end else { return self }
        return LogStream {
            guard .now < end else { return nil }
            return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    var log = makeAsyncIterator()
                    return try await log.next()
                }
                group.addTask {
                    try await Task.sleep(until: end)
                    return nil
                }
                return try await group.next() ?? nil
            }
        }
    }
}
