import Jobs

/// What a path of the REST view stands for, whichever of its spellings was used.
///
/// Paths are told apart before methods, and both by plain values: an unknown path is 404 for every method, a known one 405 for
/// every method but its own (`POST` of a webhook, `GET` and `HEAD` of all else), and whoever decides about a request decides about a route and not about a string.
enum Route: Hashable, Sendable {
    /// The page that says what runs here.
    case front
    /// The API's description, OpenAPI.
    case description
    case version
    case ping
    /// Whether the process lives.
    case live
    /// Whether it has something to show.
    case ready
    /// Counts, for Prometheus.
    case metrics
    case clusters
    case partitions(cluster: String)
    case jobs(cluster: String, partition: String)
    case job(JobKey)
    /// What happened to a job.
    case history(JobKey)
    /// What a replica of a job printed.
    case logs(JobKey)
    /// A commit, by its name or the first digits of it.
    case commit(String)
    /// Where a forge says that something was pushed.
    case webhook(Forge)
    /// Of the form of a route above, with a name that nothing of the kind can have: a sentence says why.
    case misnamed(String)
}

extension Route {
    /// Finds what a path stands for; nil where it is nothing.
    init?(_ path: RequestPath) {
        switch path.segments {
        case []: self = .front
        case ["livez"]: self = .live
        case ["readyz"]: self = .ready
        case ["metrics"]: self = .metrics
        case ["openapi.json"]: self = .description
        case ["api", "version"]: self = .version
        case ["api", "ping"]: self = .ping
        case let names where names.count == 3 && names[..<2] == ["api", "webhooks"]:
            guard let forge = Forge(rawValue: names[2]) else { return nil }
            self = .webhook(forge)
        default:
            guard let route = Self(commit: path.segments) ?? Self(clusters: path.segments) else { return nil }
            self = route
        }
    }

    /// `/api/<version>/commits/<sha>`
    private init?(commit segments: [String]) {
        guard segments.count == 4, segments[0] == "api", APIVersion(rawValue: segments[1]) != nil,
            segments[2] == "commits"
        else { return nil }
        self = .commit(segments[3])
    }

    /// `/api/<version>/clusters[/<cid>/partitions[/<partition>/tfjobs[/<id>[/history|/logs]]]]`
    private init?(clusters segments: [String]) {
        guard segments.count >= 3, segments[0] == "api", APIVersion(rawValue: segments[1]) != nil,
            segments[2] == "clusters"
        else { return nil }
        let rest = Array(segments.dropFirst(3))
        guard rest.count < 2 || rest[1] == "partitions", rest.count < 4 || APIVersion.resources.contains(rest[3]) else {
            return nil
        }
        switch rest.count {
        case 0: self = .clusters
        case 2: self = Self.misnamed([rest[0]]) ?? .partitions(cluster: rest[0])
        case 4: self = Self.misnamed([rest[0], rest[2]]) ?? .jobs(cluster: rest[0], partition: rest[2])
        case 5:
            self =
                Self.misnamed([rest[0], rest[2], rest[4]])
                ?? .job(JobKey(cluster: rest[0], partition: rest[2], id: rest[4]))
        case 6 where ["history", "logs"].contains(rest[5]):
            let key = JobKey(cluster: rest[0], partition: rest[2], id: rest[4])
            self = Self.misnamed([rest[0], rest[2], rest[4]]) ?? (rest[5] == "logs" ? .logs(key) : .history(key))
        default: return nil
        }
    }

    /// Nil where a cluster, its partition and its job can have these names, as far as they are given.
    private static func misnamed(_ names: [String]) -> Route? {
        let limits = [
            ("cluster", JobPath.longestLabel), ("partition", JobPath.longestLabel), ("job id", JobPath.longestID),
        ]
        for (name, (what, limit)) in zip(names, limits) {
            if let fault = JobPath.labelFault(name, limit: limit) {
                return .misnamed("the \(what) \(name.quoted) \(fault)")
            }
        }
        return nil
    }
}

/// The versions of the API; both are the same.
enum APIVersion: String, CaseIterable {
    case v1alpha1, v1alpha2

    /// What jobs are called in paths: the first is the one that we use, older clients use the others.
    static let resources = ["tfjobs", "tfjob", "tfservings"]
}
