import Foundation
import Jobs
import KubernetesSupport
import TestSupport
import Testing

@testable import KubernetesBackend
@testable import KubernetesClient

/// What both the stand-in and a real API server show. Each test changes the cluster through the API alone, so that it runs on both.
///
/// A real server needs a controller manager, and something that starts pods.
@Suite(.serialized, .timeLimit(.minutes(hangLimit)))
struct ServerTests {
    private static let running = ClusterScene.job(.runForever, [(.worker, 1)])

    private static var attentive: KubernetesBackend.Timing {
        var timing = KubernetesBackend.Timing()
        timing.silence = .milliseconds(200)
        return timing
    }

    /// One of the cluster's namespaces, and the means to change it by hand.
    struct Place: Sendable {
        let scene: ClusterScene
        let hand: APIClient
        let namespace: String

        func request(_ id: String, _ job: Job) -> RunRequest {
            RunRequest(
                id: RunID(key: JobKey(cluster: "default", partition: namespace, id: id), number: 1),
                job: job,
                commit: String(repeating: "a", count: 40),
                codeFolder: nil,
                author: "ann@example.org"
            )
        }

        func reference(_ kind: ResourceKind, _ name: String) -> ObjectReference {
            ObjectReference(kind: kind, namespace: kind == .namespaces ? nil : namespace, name: name)
        }

        /// The anchor of a run.
        func anchor(_ id: String) -> ObjectReference { reference(scene.flavor.anchor, id) }

        func object(_ reference: ObjectReference) async throws -> JSONValue? {
            do throws(APIError) {
                return try await hand.send(.get(reference), as: JSONValue.self)
            } catch {
                if error.isNotFound { return nil }
                throw error
            }
        }

        func edit(_ reference: ObjectReference, _ patch: JSONValue) async throws {
            let uid = try #require(try await uid(of: reference))
            try await hand.send(.patch(reference, uid: uid, patch))
        }

        func delete(_ reference: ObjectReference) async throws {
            let uid = try #require(try await uid(of: reference))
            try await hand.send(.delete(reference, uid: uid))
        }

        func uid(of reference: ObjectReference) async throws -> String? {
            guard case .string(let uid) = try await object(reference)?["metadata"]?["uid"] ?? .null else { return nil }
            return uid
        }

        func makeNamespace(_ labels: [String: String] = [:]) async throws {
            let body: JSONValue = [
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": [
                    "name": .string(namespace), "labels": .object(labels.mapValues { .string($0) }),
                ],
            ]
            try await hand.send(.create(reference(.namespaces, namespace), body))
        }

        func pods() async throws -> [PodObject] {
            try await hand.listObjects(.pods, namespace: namespace, selector: nil, as: PodObject.self).objects
        }
    }

    private func on(
        _ server: TestServer,
        _ change: @escaping @Sendable (inout KubernetesSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (Place, KubernetesBackend) async throws -> Void
    ) async throws {
        let namespace = "team-\(UInt32.random(in: 0...UInt32.max))"
        try await server.withScene { scene in
            try await scene.withBackend(installation: namespace, timing: Self.attentive, change) { backend in
                let place = Place(scene: scene, hand: await backend.objects.client, namespace: namespace)
                let result: Result<Void, any Error>
                do {
                    result = .success(try await body(place, backend))
                } catch {
                    result = .failure(error)
                }
                if try await place.uid(of: place.reference(.namespaces, namespace)) != nil {
                    try await place.delete(place.reference(.namespaces, namespace))
                }
                try result.get()
            }
        }
    }

    private func start(_ request: RunRequest, _ backend: KubernetesBackend) async throws {
        try await backend.start(request)
        try await eventually("it runs") { try await backend.observe(request.id)?.status.phase == .running }
    }

    @Test(arguments: TestServer.all)
    func `labels and annotations that somebody changes come back, and the run goes on`(server: TestServer) async throws
    {
        try await on(server) { place, backend in
            let request = place.request("edited", Self.running)
            try await start(request, backend)
            let anchor = place.anchor("edited")
            let before = try #require(try await place.object(anchor)?["metadata"])
            let edits: [JSONValue] = [
                ["labels": [Marks.installation: .null]],
                ["labels": .object([Marks.run: "7"])],
                ["labels": .null],
                ["annotations": .object([Marks.job: "{"])],
                ["annotations": .null],
            ]
            for edit in edits {
                try await place.edit(anchor, ["metadata": edit])
                try await eventually("it is put back after \(edit)", within: promised(.seconds(10))) {
                    let now = try await place.object(anchor)?["metadata"]
                    return now?["labels"] == before["labels"] && now?["annotations"] == before["annotations"]
                }
                let run = try #require(try await backend.observe(request.id))
                #expect(run.job == request.job && run.status.phase == .running)
            }
            #expect(try await place.uid(of: anchor).map { .string($0) } == before["uid"])
            #expect(try await place.pods().count == 1)
        }
    }

    @Test(arguments: TestServer.all.filter { $0.flavor == .job })
    func `a Job that somebody suspended or changed goes on as it was`(server: TestServer) async throws {
        try await on(server) { place, backend in
            let request = place.request("pieces", ClusterScene.job(.runForever, [(.worker, 2)]))
            try await start(request, backend)
            let job = place.reference(.jobs, "pieces-worker")
            for edit in [["suspend": true], ["parallelism": 1]] as [JSONValue] {
                try await place.edit(job, ["spec": edit])
                try await eventually("it is as it was", within: promised(.seconds(10))) {
                    let spec = try await place.object(job)?["spec"]
                    return spec?["parallelism"] == 2 && spec?["suspend"] != true
                }
                try await eventually("it runs again") {
                    let status = try await backend.observe(request.id)?.status
                    return status?.replicas.allSatisfy { $0.state == .running } == true
                }
            }
        }
    }

    @Test(arguments: TestServer.all)
    func `pods comply with the profile restricted, and what violates it is explained by events`(
        server: TestServer
    ) async throws {
        let labels = ["pod-security.kubernetes.io/enforce": "restricted"]
        try await on(server) { place, backend in
            try await place.makeNamespace(labels)
            try await start(place.request("modest", Self.running), backend)
        }
        try await on(server, { $0.pod = ["securityContext": ["runAsNonRoot": false]] }) { place, backend in
            try await place.makeNamespace(labels)
            let request = place.request("root", Self.running)
            try await backend.start(request)
            let status = try await firstValue("it says why it has no pods") {
                let status = try await backend.observe(request.id)?.status
                return status?.message.isEmpty == false ? status : nil
            }
            #expect(status.reason.hasPrefix("FailedCreate") && status.phase == .pending)
            #expect(status.message.contains("violates PodSecurity \"restricted:latest\": runAsNonRoot != true"))
        }
    }

    @Test(arguments: TestServer.all)
    func `a namespace that is deleted refuses starts, and what was in it has not failed`(
        server: TestServer
    ) async throws {
        try await on(server, { $0.createNamespaces = false }) { place, backend in
            let request = place.request("moved", ClusterScene.job(.runForever, [(.worker, 2)]))
            func isRefused() async throws -> Bool {
                do throws(BackendError) {
                    try await backend.start(request)
                    return false
                } catch {
                    guard case .refused = error else { throw error }
                    return true
                }
            }
            #expect(try await isRefused(), "there is no namespace yet")
            try await place.makeNamespace()
            try await start(request, backend)
            try await place.delete(place.reference(.namespaces, place.namespace))
            try await eventually("the run is gone") {
                let run = try await backend.observe(request.id)
                #expect(run?.status.phase.isFinal != true, "\(run?.status.message ?? "")")
                return run == nil
            }
            #expect(try await isRefused())
            try await eventually("the namespace is gone") {
                try await place.object(place.reference(.namespaces, place.namespace)) == nil
            }
            try await place.makeNamespace()
            try await start(request, backend)
        }
    }

    @Test(arguments: TestServer.all)
    func `a foreign object of the same name is left alone, and the run starts once it is gone`(
        server: TestServer
    ) async throws {
        try await on(server, { $0.createNamespaces = false }) { place, backend in
            try await place.makeNamespace()
            let request = place.request("taken", Self.running)
            let settings = place.scene.settings
            let mapping = try RunMapping(
                request.id,
                job: request.job,
                commit: request.commit,
                runCommit: request.commit,
                author: "",
                settings: settings,
                installation: "another"
            )
            let foreign = try mapping.manifests().anchor
            try await place.hand.send(.create(foreign.reference, foreign.body))
            let uid = try await place.uid(of: foreign.reference)
            let error = await #expect(throws: BackendError.self) { try await backend.start(request) }
            guard case .refused(let message) = error else {
                Issue.record("\(String(describing: error)) is said of the whole cluster")
                return
            }
            #expect(message.contains("belongs to the installation \"another\""), "\(message)")
            #expect(try await place.uid(of: foreign.reference) == uid)
            try await place.delete(foreign.reference)
            try await eventually("it is gone") { try await place.object(foreign.reference) == nil }
            try await start(request, backend)
        }
    }

    @Test(arguments: TestServer.all)
    func `an update changes the annotations and nothing else`(server: TestServer) async throws {
        try await on(server) { place, backend in
            let request = place.request("renamed", Self.running)
            try await start(request, backend)
            let before = try #require(try await place.object(place.anchor("renamed")))
            var job = request.job
            job.description = "another one"
            let update = RunRequest(
                id: request.id,
                job: job,
                commit: String(repeating: "b", count: 40),
                codeFolder: nil,
                author: "bob@example.org"
            )
            try await backend.update(update)
            let after = try #require(try await place.object(place.anchor("renamed")))
            #expect(after["spec"] == before["spec"] && after["metadata"]?["uid"] == before["metadata"]?["uid"])
            let annotations = after["metadata"]?["annotations"]
            #expect(annotations?[Marks.commit] == .string(update.commit))
            #expect(annotations?[Marks.runCommit] == .string(request.commit))
            #expect(try await backend.observe(request.id)?.job == job)
        }
    }

    @Test(arguments: TestServer.all.filter { $0.flavor == .job })
    func `a pod that somebody deletes ends its run in words, and a deadline too`(server: TestServer) async throws {
        try await on(server) { place, backend in
            let request = place.request("deleted", Self.running)
            try await start(request, backend)
            let pod = try #require(try await place.pods().first)
            try await place.delete(pod.reference)
            let ended = try await firstValue("it has failed") {
                let status = try await backend.observe(request.id)?.status
                return status?.phase == .failed ? status : nil
            }
            #expect(ended.reason == "PodDeleted" && ended.message.hasPrefix("worker-0 was deleted (exit code "))
            var job = Self.running
            job.runPolicy = RunPolicy()
            job.runPolicy?.activeDeadlineSeconds = 1
            let late = place.request("late", job)
            try await backend.start(late)
            let status = try await firstValue("it is late") {
                let status = try await backend.observe(late.id)?.status
                return status?.phase == .failed ? status : nil
            }
            #expect(status.reason == "DeadlineExceeded" && status.message.hasSuffix("(1 s)"))
        }
    }
}
