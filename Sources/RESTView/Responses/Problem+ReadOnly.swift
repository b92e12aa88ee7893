import HTTPTypes
import Jobs

extension Problem {
    /// Says to somebody who wants to change something here which file to change instead.
    static func notAllowed(_ route: Route, method: HTTPRequest.Method) -> Problem {
        switch route {
        case .job(let key):
            let verb = method == .delete ? "delete" : "change"
            return .methodNotAllowed(
                "jobs are changed by git push alone: \(verb) \(key.path) in the jobs repository, commit, and git push"
            )
        case .jobs(let cluster, let partition):
            let files = JobKey(cluster: cluster, partition: partition, id: "<id>").path
            return .methodNotAllowed(
                "jobs are made, changed and deleted by git push alone: each is a file \(files) in the jobs repository; change files there, commit, and git push"
            )
        case .misnamed(let sentence):
            return .methodNotAllowed(
                "jobs are made by git push alone, of files clusters/<cid>/partitions/<partition>/<id>.json; and \(sentence)"
            )
        case .clusters, .partitions:
            return .methodNotAllowed(
                "this list follows from the job files clusters/<cid>/partitions/<partition>/<id>.json: change them and git push"
            )
        case .webhook:
            return .methodNotAllowed("a webhook is delivered with POST", allowed: "POST")
        case .front, .description, .version, .ping, .live, .ready, .metrics, .commit, .history, .logs:
            return .methodNotAllowed("this path is there to be read: use GET or HEAD")
        }
    }
}
