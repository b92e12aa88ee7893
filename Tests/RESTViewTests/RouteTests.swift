import Jobs
import Testing

@testable import RESTView

@Suite
struct RouteTests {
    private static let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")
    private static let job = Route.job(key)
    private static let jobs = Route.jobs(cluster: "default", partition: "team-a")

    private static let spellings: [(String, Route)] = [
        ("/api/v1alpha1/commits/0123abc", .commit("0123abc")), ("/api/v1alpha2/commits/0123abc", .commit("0123abc")),
        ("/", .front), ("/livez", .live), ("/readyz", .ready), ("/api/version", .version), ("/api/ping", .ping),
        ("/metrics", .metrics), ("/openapi.json", .description), ("/api/ping/", .ping),
        ("/api/webhooks/gitlab", .webhook(.gitlab)), ("/api/v1alpha1/clusters", .clusters),
        ("/api/v1alpha2/clusters/", .clusters),
        ("/api/v1alpha1/clusters/c/partitions", .partitions(cluster: "c")),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs", jobs),
        ("/api/v1alpha2/clusters/default/partitions/team-a/tfjob", jobs),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfservings/", jobs),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/mnist", job),
        ("/api/v1alpha2/clusters/default/partitions/team-a/tfservings/mnist/", job),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/mnist/logs", .logs(key)),
        ("/api/v1alpha2/clusters/default/partitions/team-a/tfjob/mnist/history/", .history(key)),
        ("/api/v1alpha1/clusters/default/partitions/team%2Da/tfjobs/%6Dnist", job),
    ]

    @Test(arguments: spellings)
    func `a path stands for a route`(path: String, route: Route) throws {
        #expect(try Route(RequestPath(path)) == route)
    }

    @Test(arguments: [
        "//", "/api", "/api/", "/api/v1alpha3/clusters", "/API/version", "/api/version/more", "/livez/x", "/api//ping",
        "/api/v1alpha1", "/api/v1alpha1/clusters/c", "/api/v1alpha1/clusters/c/partitions/p",
        "/api/v1alpha1/clusters/c/partition/p/tfjobs", "/api/v1alpha1/clusters/c/partitions/p/jobs",
        "/api/v1alpha1/clusters/c/partitions/p/tfjobs/i/status", "/api/v1alpha1//clusters", "/api%2Fping",
        "/api/v1alpha1/clusters/c%2Fpartitions", "/../api/ping", "/api/v1alpha1/clusters/c/partitions/p/tfjobs/i//",
        "/api/v1alpha1/clusters/c/partitions/p/tfjobs/i/logs/x", "/api/v1alpha1/clusters/c/partitions/p/tfjobs/i/log",
        "/api/v1alpha1/clusters/c/partitions/p/tfjobs/i/..%2Flogs", "/openapi", "/metrics/x",
    ])
    func `other paths are nothing`(path: String) throws {
        #expect(try Route(RequestPath(path)) == nil)
    }

    @Test(arguments: [
        ("C", "p", "i", "cluster"), ("c", "p_", "i", "partition"), ("c", "p", "I", "job id"),
        ("c", "", "i", "partition"),
        ("c", "p", "..", "job id"), ("c", "p", "a%2Fb", "job id"), ("c", "p", "a%00", "job id"),
        ("c", "p", "m%C3%BC", "job id"), ("c", "p", String(repeating: "i", count: 48), "job id"),
        (String(repeating: "c", count: 64), "p", "i", "cluster"), ("c", "p", "-i", "job id"),
    ])
    func `a name that nothing can have is told`(cluster: String, partition: String, id: String, what: String) throws {
        let path = "/api/v1alpha1/clusters/\(cluster)/partitions/\(partition)/tfjobs/\(id)"
        guard case .misnamed(let sentence) = try Route(RequestPath(path)) else {
            Testing.Issue.record("\(path) is not misnamed")
            return
        }
        #expect(sentence.contains("the \(what) \""))
    }

    @Test(arguments: ["", "api/ping", "*", "/%", "/%zz", "/%FF", "/api/v1alpha1/clusters/%C3"])
    func `what is no encoded text is a bad request`(path: String) {
        #expect(throws: Problem.self) { try RequestPath(path) }
    }
}
