import Foundation
import Jobs
import KubernetesClient
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend

/// What the API server says when it refuses something, and what comes of it.
@Suite(.timeLimit(.minutes(hangLimit)))
struct RefusalTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    /// A refusal as servers write it, and what is made of it.
    struct Answer: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let body: String
        let refusal: Refusal
        /// Part of the message.
        let sentence: String
        var isRefused = true
    }

    static let answers: [Answer] = [
        Answer(
            testDescription: "a missing right",
            body:
                #"{"code": 403, "reason": "Forbidden", "message": "jobs.batch \"a\" is forbidden: User \"bob\" cannot create resource \"jobs\" in API group \"batch\" in the namespace \"team-a\""}"#,
            refusal: .missingRights,
            sentence: "give the service's account the rights of examples/kubernetes"
        ),
        Answer(
            testDescription: "a missing right to set an owner",
            body:
                #"{"code": 403, "reason": "Forbidden", "message": "jobs.batch \"a\" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>"}"#,
            refusal: .missingRights,
            sentence: "give the service's account the rights of examples/kubernetes"
        ),
        Answer(
            testDescription: "a quota that is used up",
            body:
                #"{"code": 403, "reason": "Forbidden", "message": "services \"a\" is forbidden: exceeded quota: small, requested: count/services=1, used: count/services=1, limited: count/services=1"}"#,
            refusal: .quota,
            sentence: "exceeded quota: small"
        ),
        Answer(
            testDescription: "a quota that wants a limit",
            body:
                #"{"code": 403, "reason": "Forbidden", "message": "pods \"a\" is forbidden: failed quota: small: must specify limits.cpu for: tensorflow"}"#,
            refusal: .quota,
            sentence: "raise the quota"
        ),
        Answer(
            testDescription: "a namespace that is being deleted",
            body:
                #"{"code": 403, "reason": "Forbidden", "message": "services \"a\" is forbidden: unable to create new content in namespace team-a because it is being terminated", "details": {"causes": [{"reason": "NamespaceTerminating"}]}}"#,
            refusal: .endingNamespace,
            sentence: "wait until it is gone and create it again"
        ),
        Answer(
            testDescription: "a policy",
            body:
                #"{"code": 422, "reason": "Invalid", "message": "services \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no GPUs here"}"#,
            refusal: .rejectedObject,
            sentence: "no GPUs here"
        ),
        Answer(
            testDescription: "a policy that says Forbidden",
            body:
                #"{"code": 403, "reason": "Forbidden", "message": "services \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"}"#,
            refusal: .rejectedObject,
            sentence: "change the job, or ask the cluster's administrator"
        ),
        Answer(
            testDescription: "a policy that says Unauthorized",
            body:
                #"{"code": 401, "reason": "Unauthorized", "message": "services \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"}"#,
            refusal: .rejectedObject,
            sentence: "denied request: no"
        ),
        Answer(
            testDescription: "a webhook that denies",
            body: #"{"code": 400, "message": "admission webhook \"w.example.org\" denied the request: no owner"}"#,
            refusal: .rejectedObject,
            sentence: "no owner"
        ),
        Answer(
            testDescription: "a webhook that doesn't answer",
            body:
                #"{"code": 500, "reason": "InternalError", "message": "Internal error occurred: failed calling webhook \"w.example.org\": failed to call webhook: Post \"https://w.svc\": context deadline exceeded"}"#,
            refusal: .failingWebhook,
            sentence: "repair or remove the webhook"
        ),
        Answer(
            testDescription: "a namespace that is missing",
            body: #"{"code": 404, "reason": "NotFound", "message": "namespaces \"team-a\" not found"}"#,
            refusal: .missingNamespace,
            sentence: "write createNamespaces: true at the cluster"
        ),
        Answer(
            testDescription: "an unknown identity",
            body: #"{"code": 401, "reason": "Unauthorized", "message": "Unauthorized"}"#,
            refusal: .unknownIdentity,
            sentence: "renew the credentials",
            isRefused: false
        ),
        Answer(
            testDescription: "a kind that the cluster doesn't have",
            body:
                #"{"code": 404, "reason": "NotFound", "message": "the server could not find the requested resource"}"#,
            refusal: .missingKind,
            sentence: "write flavor: job",
            isRefused: false
        ),
        Answer(
            testDescription: "two requests that count against one quota",
            body:
                #"{"code": 409, "reason": "Conflict", "message": "Operation cannot be fulfilled on resourcequotas \"small\": the object has been modified", "details": {"kind": "resourcequotas"}}"#,
            refusal: .temporary,
            sentence: "resourcequotas",
            isRefused: false
        ),
        Answer(
            testDescription: "an overload",
            body:
                #"{"code": 429, "reason": "TooManyRequests", "message": "Too many requests, please try again later."}"#,
            refusal: .temporary,
            sentence: "Too many requests",
            isRefused: false
        ),
    ]

    @Test(arguments: answers)
    func `the reason, the message and the causes say what a code means`(answer: Answer) throws {
        let status = try JSONDecoder().decode(APIStatus.self, from: Data(answer.body.utf8))
        #expect(status.refusal == answer.refusal)
        let error = BackendError(
            .status(status),
            ObjectReference(kind: .tfJobs, namespace: "team-a", name: "a")
        )
        if case .refused = error {
            #expect(answer.isRefused)
        } else {
            #expect(!answer.isRefused)
        }
        #expect(error.message.contains(answer.sentence), "\(error.message)")
    }

    /// Something that keeps a run from its objects, and part of what is said of it.
    struct Obstacle: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let policy: @Sendable (_ resource: String) -> Policy
        let sentence: String
    }

    static let obstacles: [Obstacle] = [
        Obstacle(
            testDescription: "a quota",
            policy: { .quota(name: "small", namespace: "team-a", resource: $0, limit: 0) },
            sentence: "a quota is used up"
        ),
        Obstacle(
            testDescription: "a policy",
            policy: { .validation(name: "p", resource: $0, message: "no training on Sundays") },
            sentence: "no training on Sundays"
        ),
        Obstacle(
            testDescription: "a webhook",
            policy: { .webhook(name: "w", resource: $0, message: "no owner") },
            sentence: "no owner"
        ),
        Obstacle(
            testDescription: "a webhook that is away",
            policy: { .failingWebhook(name: "w", resource: $0) },
            sentence: "a webhook of the cluster does not answer"
        ),
    ]

    @Test(arguments: obstacles, ["tfjobs.kubeflow.org", "services", "jobs.batch"])
    func `what is refused leaves nothing, hurts no other job, and starts once the cause is gone`(
        obstacle: Obstacle,
        resource: String
    ) async throws {
        let flavor = resource == "tfjobs.kubeflow.org" ? KubernetesSettings.Flavor.tfjob : .job
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await cluster.makeNamespace("team-a")
            try await scene.withBackend { backend in
                let request = ClusterScene.request("one", ClusterScene.job(.runForever, [(.worker, 1), (.ps, 1)]))
                await cluster.setPolicies([obstacle.policy(resource)])
                let error = await #expect(throws: BackendError.self) { try await backend.start(request) }
                guard case .refused(let message) = error else {
                    Issue.record("\(String(describing: error)) is said of the whole cluster")
                    return
                }
                #expect(message.contains(obstacle.sentence), "\(message)")
                #expect(try await backend.observe().isEmpty)
                for name in ["tfjobs.kubeflow.org", "services", "jobs.batch", "pods"] {
                    #expect(await cluster.objects(name, in: "team-a").isEmpty, "\(name)")
                }
                await cluster.setPolicies([])
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
            }
        }
    }

    @Test
    func `a chore that is refused is shown at its run, and tried again less and less often`() async throws {
        try await ClusterScene.standIn(.job) { scene, cluster in
            try await scene.withBackend { backend in
                let request = ClusterScene.request("pieces", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
                await cluster.setPolicies([Policy.webhook(name: "w", resource: "jobs.batch", message: "no more")])
                await cluster.discard("jobs.batch", "team-a", "pieces-worker")
                let status = try await firstValue("it says what is missing") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.reason == "ClusterRefuses" ? status : nil
                }
                #expect(status.message.contains("no more") && status.phase != .failed)
                #expect(try await backend.observe().map(\.id) == [request.id])
                try await eventually("a second attempt failed") {
                    await backend.records.fault(of: request.id)?.failures == 2
                }
                let refused = cluster.requests.all.count { $0.status == 403 && $0.method == "POST" }
                #expect(refused == 2)
                await cluster.setPolicies([])
                try await eventually("it runs again") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.phase == .running && status?.reason.isEmpty == true
                }
            }
        }
    }

    @Test
    func `the pauses between attempts grow to five minutes`() {
        let time = Date(timeIntervalSince1970: 0)
        let pauses = [1, 2, 3, 9, 10, 100].map {
            ChoreFault(message: "", failures: $0, time: time).retryTime.timeIntervalSince(time)
        }
        #expect(pauses == [1, 2, 4, 256, 300, 300])
    }

    @Test(arguments: KubernetesSettings.Flavor.allCases)
    func `a run whose creation was answered late is found, though a quota is used up by now`(
        flavor: KubernetesSettings.Flavor
    ) async throws {
        let resource = flavor == .tfjob ? "tfjobs.kubeflow.org" : "services"
        try await ClusterScene.standIn(flavor) { scene, cluster in
            try await cluster.makeNamespace("team-a")
            try await scene.withBackend { backend in
                await cluster.setPolicies([.quota(name: "one", namespace: "team-a", resource: resource, limit: 1)])
                cluster.faults.add(.lostAnswer, at: Faults.Aim(methods: ["POST"]))
                let request = ClusterScene.request("late", Self.running)
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
            }
        }
    }

    @Test
    func `a Job that somebody else has is refused and left alone, or replaced where that is configured`() async throws {
        try await ClusterScene.standIn(.job) { scene, cluster in
            try await cluster.makeNamespace("team-a")
            let spec = try ManifestCase(name: "", text: Fixture.two).mapping(.job).manifests().children[0].body["spec"]
            let text = try #require(try spec?.text())
            await cluster.put(
                "jobs.batch",
                try JSONTree(json: #"{"metadata": {"name": "taken-worker", "namespace": "team-a"}, "spec": \#(text)}"#)
            )
            let before = await cluster.object("jobs.batch", "team-a", "taken-worker")
            #expect(before != nil)
            let request = ClusterScene.request("taken", Self.running)
            try await scene.withBackend { backend in
                let error = await #expect(throws: BackendError.self) { try await backend.start(request) }
                let message = error?.message ?? ""
                #expect(message.contains("Job team-a/taken-worker is there already"), "\(message)")
                let after = await cluster.object("jobs.batch", "team-a", "taken-worker")
                #expect(after?.metadata.uid == before?.metadata.uid)
                let runs = try await backend.observe()
                #expect(runs.isEmpty)
            }
            try await scene.withBackend({ $0.adopt = true }) { backend in
                try await backend.start(request)
                try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
            }
        }
    }
}
