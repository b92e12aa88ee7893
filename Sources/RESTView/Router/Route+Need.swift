import Jobs
import SignIn

/// What a route asks of a caller.
enum Need: Equatable {
    /// Nothing: it says nothing of jobs.
    case nothing
    /// To be signed in; what is shown depends on who it is.
    case signedIn
    /// To be allowed to read something of a cluster.
    case cluster(String)
    case partition(cluster: String, partition: String)
}

extension Route {
    /// Whoever adds a route has to decide here: there is no default.
    var need: Need {
        switch self {
        // The page and the counts are the same for everybody; a webhook shows what it needs by its signature.
        case .front, .description, .version, .ping, .live, .ready, .metrics, .webhook: .nothing
        case .clusters, .commit, .misnamed: .signedIn
        case .partitions(let cluster): .cluster(cluster)
        case .jobs(let cluster, let partition): .partition(cluster: cluster, partition: partition)
        case .job(let key), .history(let key), .logs(let key):
            .partition(cluster: key.cluster, partition: key.partition)
        }
    }
}

extension Permissions {
    /// Refuses alike what is there and what is not: a 404 would tell the two apart.
    func check(_ need: Need, of user: String) throws(Problem) {
        switch need {
        case .nothing, .signedIn: return
        case .cluster(let cluster):
            guard !include(cluster: cluster) else { return }
            throw .forbidden(
                "\(user.quoted) may read no partition of the cluster \(cluster); the service's access rules say so"
            )
        case .partition(let cluster, let partition):
            guard !include(cluster: cluster, partition: partition) else { return }
            throw .forbidden(
                "\(user.quoted) may not read the partition \(partition) of the cluster \(cluster); the service's access rules say so"
            )
        }
    }
}
