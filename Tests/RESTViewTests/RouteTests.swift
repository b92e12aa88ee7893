import Testing

@testable import RESTView

@Suite
struct RouteTests {
    private static let api = "/api/v1alpha1"
    private static let jobs = "\(api)/clusters/{cid}/partitions/{partition}/tfjobs"
    private static let team = ["cid": "default", "partition": "team-a"]
    private static let mnist = team.merging(["id": "mnist"]) { $1 }

    private static let spellings: [(path: String, template: String, parameters: [String: String])] = [
        ("/api/v1alpha1/commits/0123abc", "\(api)/commits/{sha}", ["sha": "0123abc"]),
        ("/api/v1alpha2/commits/0123abc", "\(api)/commits/{sha}", ["sha": "0123abc"]), ("/", "/", [:]),
        ("/livez", "/livez", [:]), ("/readyz", "/readyz", [:]), ("/api/version", "/api/version", [:]),
        ("/api/ping", "/api/ping", [:]), ("/metrics", "/metrics", [:]), ("/openapi.json", "/openapi.json", [:]),
        ("/api/ping/", "/api/ping", [:]), ("/api/webhooks/gitlab", "/api/webhooks/{forge}", ["forge": "gitlab"]),
        ("/api/v1alpha1/clusters", "\(api)/clusters", [:]), ("/api/v1alpha2/clusters/", "\(api)/clusters", [:]),
        ("/api/v1alpha1/clusters/c/partitions", "\(api)/clusters/{cid}/partitions", ["cid": "c"]),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs", jobs, team),
        ("/api/v1alpha2/clusters/default/partitions/team-a/tfjob", jobs, team),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfservings/", jobs, team),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/mnist", "\(jobs)/{id}", mnist),
        ("/api/v1alpha2/clusters/default/partitions/team-a/tfservings/mnist/", "\(jobs)/{id}", mnist),
        ("/api/v1alpha1/clusters/default/partitions/team-a/tfjobs/mnist/logs", "\(jobs)/{id}/logs", mnist),
        ("/api/v1alpha2/clusters/default/partitions/team-a/tfjob/mnist/history/", "\(jobs)/{id}/history", mnist),
        ("/api/v1alpha1/clusters/default/partitions/team%2Da/tfjobs/%6Dnist", "\(jobs)/{id}", mnist),
    ]

    @Test(arguments: spellings)
    func `a path stands for a route`(path: String, template: String, parameters: [String: String]) throws {
        guard case .found(let route, let found) = try RouteMatch(RequestPath(path)) else {
            Testing.Issue.record("\(path) is no route")
            return
        }
        #expect(route.template == template)
        #expect(found.values == parameters)
    }

    @Test
    func `each row of the table has a template of its own, and the names that it needs`() {
        #expect(Set(Route.table.map(\.template)).count == Route.table.count)
        for route in Route.table {
            // A path that names a partition or a cluster is never open to everybody.
            #expect(route.template.contains("{partition}") == (route.need == .partition), "\(route.template)")
            #expect(
                route.template.contains("{cid}") == [.cluster, .partition].contains(route.need),
                "\(route.template)"
            )
        }
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
        #expect(try RouteMatch(RequestPath(path)) == nil)
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
        guard case .misnamed(let sentence) = try RouteMatch(RequestPath(path)) else {
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
