import HTTPTypes
import Jobs

extension Route {
    private static let api = "/api/\(APIVersion.v1alpha1)"
    private static let partitions = "\(api)/clusters/{cid}/partitions"
    private static let jobs = "\(partitions)/{partition}/\(APIVersion.resources[0])"

    /// All routes, in the order of the front page.
    static let table: [Route] = [
        Route(template: "/", need: .nothing) { handlers, _ in handlers.service.front() },
        Route(template: "/livez", need: .nothing, isProbe: true) { handlers, _ in handlers.service.live() },
        Route(template: "/readyz", need: .nothing, isProbe: true) { handlers, _ in try await handlers.service.ready() },
        Route(
            template: "\(api)/clusters",
            need: .signedIn,
            help: "the clusters, and how many jobs are in which phase",
            refusal: refuseCounts
        ) { handlers, call in
            try await handlers.jobs.listClusters(call)
        },
        Route(
            template: partitions,
            need: .cluster,
            help: "the same of a cluster's partitions",
            refusal: refuseCounts
        ) { handlers, call in
            try await handlers.jobs.listPartitions(call)
        },
        Route(
            template: jobs,
            need: .partition,
            help: "the jobs of a partition",
            refusal: { parameters, _ in
                let key = JobKey(cluster: parameters.cluster, partition: parameters.partition, id: "<id>")
                return
                    "jobs are made, changed and deleted by git push alone: each is a file \(key.path) in the jobs repository; change files there, commit, and git push"
            }
        ) { handlers, call in
            try await handlers.jobs.listJobs(call)
        },
        Route(
            template: "\(jobs)/{id}",
            need: .partition,
            help: "one job",
            refusal: { parameters, method in
                let verb = method == .delete ? "delete" : "change"
                return
                    "jobs are changed by git push alone: \(verb) \(parameters.key.path) in the jobs repository, commit, and git push"
            }
        ) { handlers, call in
            try await handlers.jobs.showJob(call)
        },
        Route(template: "\(jobs)/{id}/history", need: .partition, help: "what happened to it") { handlers, call in
            try await handlers.history.showHistory(call)
        },
        Route(template: "\(jobs)/{id}/events", need: .partition, help: "the events of its runs") { handlers, call in
            try await handlers.history.showEvents(call)
        },
        Route(template: "\(jobs)/{id}/runs", need: .partition, help: "the records of its runs") { handlers, call in
            try await handlers.history.listRuns(call)
        },
        Route(template: "\(jobs)/{id}/runs/{n}", need: .partition, help: "the record of one run") { handlers, call in
            try await handlers.history.showRun(call)
        },
        Route(template: "\(jobs)/{id}/logs", need: .partition, help: "what its replicas printed") { handlers, call in
            try await handlers.logs.showLog(call)
        },
        Route(template: "\(api)/commits/{sha}", need: .signedIn, help: "what became of a commit", isProbe: true) {
            handlers,
            call in
            try await handlers.history.showCommit(call)
        },
        Route(template: "/api/ping", need: .details, help: "how the service fares", isProbe: true) { handlers, call in
            try await handlers.service.ping(call)
        },
        Route(template: "/openapi.json", need: .nothing, help: "all of this, for programs") { handlers, _ in
            handlers.service.description()
        },
        Route(template: "/metrics", need: .nothing, help: "counts, for Prometheus", isProbe: true) { handlers, _ in
            try await handlers.metrics.metrics()
        },
        Route(template: "/api/version", need: .nothing, help: "what it was built of") { handlers, _ in
            try handlers.service.version()
        },
        Route(
            template: "/api/webhooks/{forge}",
            need: .nothing,  // The sender proves itself by the signature.
            method: .post,
            absence: { $0.webhooks.isConfigured ? nil : .noWebhooks },
            refusal: { _, _ in "a webhook is delivered with POST" }
        ) { handlers, call in
            try await handlers.webhooks.receiveDelivery(call)
        },
    ]

    @Sendable
    private static func refuseCounts(_: PathParameters, _: HTTPRequest.Method) -> String {
        "this list follows from the job files clusters/<cid>/partitions/<partition>/<id>.json: change them and git push"
    }

    /// The sentence for a path that has the form of a job's but a name that no job can have.
    static func refuseMisnamed(_ sentence: String) -> String {
        "jobs are made by git push alone, of files clusters/<cid>/partitions/<partition>/<id>.json; and \(sentence)"
    }
}

/// The versions of the API. Both are the same.
enum APIVersion: String, CaseIterable {
    case v1alpha1, v1alpha2

    /// What jobs are called in paths. The service uses the first name, older clients use the others.
    static let resources = ["tfjobs", "tfjob", "tfservings"]
}
