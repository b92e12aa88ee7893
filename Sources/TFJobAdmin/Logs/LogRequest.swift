import Jobs

/// Which log is meant.
struct LogRequest: Sendable {
    let key: JobKey
    /// `worker-0`, say; nil: the one that the service takes for the first.
    var replica: String?
    /// Nil: the newest.
    var run: Int?

    /// - Parameters:
    ///   - tail: only so many lines at the end; nil: all.
    ///   - follow: until the replica has ended.
    func path(tail: Int? = nil, follow: Bool = false) -> String {
        let query = [
            replica.map { "replica=\(PathSegment.escaped($0))" }, run.map { "run=\($0)" }, tail.map { "tail=\($0)" },
            follow ? "follow=true" : nil,
        ].compactMap(\.self)
        return APIPath.job(key) + "/logs" + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }
}

extension ReplicaName {
    /// Reads `TYPE-INDEX`, also behind the job's id as replicas are called in `status`.
    ///
    /// - Throws: ``ServerError`` of the kind `usage`.
    static func read(_ text: String, of key: JobKey) throws(ServerError) -> String {
        let name = text.hasPrefix("\(key.id)-") ? String(text.dropFirst(key.id.count + 1)) : text
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, ReplicaType(rawValue: String(parts[0])) != nil,
            parts[1].allSatisfy({ $0.isASCII && $0.isNumber }), Int(parts[1]) != nil
        else {
            throw ServerError(.usage, "\(PlainText.quoted(text)) is no replica; write TYPE-INDEX, worker-0 say")
        }
        return name
    }
}

/// A replica within its run.
enum ReplicaName {
    /// The one whose log tells most of a run: the chief's, else that of the first worker, else of the first replica.
    static func first(of job: JobAnswer) -> String? {
        let replicas = job.status.replicas
        let first =
            replicas.first { $0.type == "chief" || $0.type == "master" }
            ?? replicas.first { $0.type == "worker" && $0.index == 0 } ?? replicas.first
        return first.flatMap { $0.type.isEmpty ? nil : $0.name }
    }
}
