import Jobs

/// Reads the query of a log.
struct LogQuery {
    /// Nil: the newest.
    let run: Int?
    let extent: LogExtent
    /// As it was given; nil: the one that speaks for the run.
    private let replica: String?

    /// - Throws: ``Problem`` with 400, which names the parameter, what it was, and what it may be.
    init(_ query: String?) throws(Problem) {
        let given = try QueryParameters(query, known: ["replica", "run", "tail", "follow"])
        replica = given["replica"].flatMap { $0.isEmpty ? nil : $0 }
        run = try given.number("run", in: 1...Int(Int32.max))
        extent = LogExtent(tail: try given.number("tail", in: 0...Int(Int32.max)), isFollowed: try given.flag("follow"))
    }

    /// The replica's name within its run: `worker-0`, also where the query has `<id>-worker-0` as jobs show it.
    func replica(of run: LoggedRun, job: JobKey) throws(Problem) -> String {
        guard let replica else {
            guard let leader = run.leader else { throw .notFound("run \(run.number) of \(job) has no replica") }
            return leader
        }
        let prefix = "\(job.id)-"
        let short = replica.hasPrefix(prefix) ? String(replica.dropFirst(prefix.count)) : nil
        for name in [replica, short] {
            if let name, run.replicas.contains(name) { return name }
        }
        let known = run.replicas.prefix(20).joined(separator: ", ")
        throw .notFound(
            "run \(run.number) of \(job) has no replica \(replica.quoted); it has \(known)\(run.replicas.count > 20 ? ", …" : "")"
        )
    }
}
