import KubernetesSupport
import Testing

@Suite(.serialized)
struct ApplyTests {
    private static let path = "/api/v1/namespaces/team-a/configmaps/one"

    @Test
    func `an apply makes an object, and the same apply again writes nothing`() async throws {
        try await withCluster { cluster, client in
            let job = Manifest.tfJob("one") { $0.spec.runPolicy.suspend = true }
            let made = try await client.apply("\(Manifest.tfJobs)/one", job)
            #expect(made.code == 201)
            let entry = made.json.metadata.managedFields[0]
            #expect(entry.manager == "tfjob-admin")
            #expect(entry.operation == "Apply")
            #expect(entry.fieldsType == "FieldsV1")
            let containers = entry.fieldsV1["f:spec"]?["f:tfReplicaSpecs"]?["f:Worker"]?["f:template"]?["f:spec"]?[
                "f:containers"
            ]
            #expect(containers?["k:{\"name\":\"tensorflow\"}"]?["f:image"] == [:])
            #expect(entry.fieldsV1["f:spec"]?["f:runPolicy"]?["f:suspend"] == [:])
            #expect(entry.fieldsV1["f:metadata"] == nil)
            // The operator notes that it has seen the job.
            _ = try await client.stream("\(Manifest.tfJobs)?watch=true") { lines in
                while let event = try await lines.event(), event.object.status.conditions.elements.count < 2 {}
            }
            let revision = await cluster.revision
            let again = try await client.apply("\(Manifest.tfJobs)/one", job)
            #expect(again.code == 200)
            #expect(await cluster.revision == revision)
        }
    }

    @Test
    func `a field that another owns is a conflict that names the other, unless it is forced`() async throws {
        try await withCluster { _, client in
            _ = try await client.apply(Self.path, Manifest.configMap("one", ["a": "1", "b": "1"]), by: "first")
            let disputed = try await client.apply(
                Self.path,
                Manifest.configMap("one", ["a": "2", "c": "1"]),
                by: "second"
            )
            #expect(disputed.code == 409)
            #expect(disputed.json.reason == "Conflict")
            #expect(disputed.json.message == "Apply failed with 1 conflict: conflict with \"first\": .data.a")
            #expect(
                disputed.json.details.causes == [
                    ["reason": "FieldManagerConflict", "message": "conflict with \"first\"", "field": ".data.a"]
                ]
            )
            let shared = try await client.apply(Self.path, Manifest.configMap("one", ["a": "1"]), by: "second")
            #expect(shared.code == 200, "the same value is no conflict")
            let forced = try await client.apply(
                Self.path,
                Manifest.configMap("one", ["a": "2"]),
                by: "second",
                force: true
            )
            #expect(forced.json.data == ["a": "2", "b": "1"])
            let first = forced.json.metadata.managedFields.elements.first { $0.manager == "first" }
            #expect(first?.fieldsV1["f:data"] == ["f:b": [:]])
        }
    }

    @Test
    func `a change by hand is a conflict that says by whom and when`() async throws {
        try await withCluster { cluster, client in
            _ = try await client.apply(Self.path, Manifest.configMap("one", ["a": "1", "b": "1"]))
            await cluster.edit("configmaps", "team-a", "one") { object in
                object.data.a = "hand"
                object.data.b = "hand"
            }
            let disputed = try await client.apply(Self.path, Manifest.configMap("one", ["a": "1", "b": "1"]))
            #expect(disputed.code == 409)
            let message = disputed.json.message.text ?? ""
            #expect(message.hasPrefix("Apply failed with 2 conflicts: conflicts with \"kubectl-edit\" using v1 at 2"))
            #expect(message.hasSuffix(":\n- .data.a\n- .data.b"))
        }
    }

    @Test
    func `what an applier leaves out goes, unless another owns it`() async throws {
        try await withCluster { _, client in
            _ = try await client.apply(
                Self.path,
                Manifest.configMap("one", ["a": "1", "b": "1"], labels: ["x": "1"]),
                by: "first"
            )
            _ = try await client.apply(Self.path, Manifest.configMap("one", ["b": "1"]), by: "second")
            let left = try await client.apply(Self.path, Manifest.configMap("one"), by: "first")
            #expect(left.json.data == ["b": "1"])
            #expect(left.json.metadata.labels.isNull || left.json.metadata.labels == [:])
        }
    }

    @Test
    func `elements of a keyed list are owned one by one, an atomic list as a whole`() async throws {
        try await withCluster { _, client in
            func job(_ variables: [String: String], args: [String]) -> JSONTree {
                Manifest.tfJob("one") { job in
                    job.spec.runPolicy.suspend = true
                    let list = variables.sorted { $0.key < $1.key }.map { name, value -> JSONTree in
                        ["name": .string(name), "value": .string(value)]
                    }
                    job.spec.tfReplicaSpecs.Worker.template.spec.containers = [
                        [
                            "name": "tensorflow", "image": "a", "env": .array(list),
                            "args": .array(args.map { .string($0) }),
                        ]
                    ]
                }
            }
            func environment(_ reply: APIClient.Reply) -> [String] {
                reply.json.spec.tfReplicaSpecs.Worker.template.spec.containers[0].env.elements.compactMap(\.name.text)
            }
            let path = "\(Manifest.tfJobs)/one"
            _ = try await client.apply(path, job(["A": "1", "B": "1"], args: ["x"]), by: "first")
            let both = try await client.apply(path, job(["C": "1"], args: ["x"]), by: "second")
            #expect(environment(both) == ["A", "B", "C"])
            let disputed = try await client.apply(path, job(["C": "1"], args: ["x", "y"]), by: "second")
            #expect(
                disputed.json.details.causes.elements.compactMap(\.field.text) == [
                    ".spec.tfReplicaSpecs.Worker.template.spec.containers[name=\"tensorflow\"].args"
                ]
            )
            let fewer = try await client.apply(path, job(["B": "1"], args: ["x"]), by: "first")
            #expect(environment(fewer) == ["B", "C"], "\(fewer.text)")
        }
    }

    @Test
    func `what is new in a keyed list stands before the element that it was written before`() async throws {
        try await withCluster { _, client in
            func names(_ wanted: [String], by manager: String) async throws -> [String?] {
                let job = Manifest.tfJob("one") { job in
                    job.spec.tfReplicaSpecs.Worker.template.spec.initContainers = .array(
                        wanted.map { ["name": .string($0), "image": "x"] }
                    )
                }
                let answer = try await client.apply("\(Manifest.tfJobs)/one", job, by: manager)
                return answer.json.spec.tfReplicaSpecs.Worker.template.spec.initContainers.elements.map(\.name.text)
            }
            let first = try await names(["a", "b"], by: "first")
            let second = try await names(["x", "a", "y", "b", "z"], by: "second")
            let third = try await names(["b", "a"], by: "third")
            #expect(first == ["a", "b"] && second == ["x", "a", "y", "b", "z"])
            #expect(third == ["x", "y", "b", "z", "a"], "two that both have follow the applied order")
        }
    }

    @Test
    func `an apply without a manager, with managed fields or of a name that is not the path's is refused`() async throws
    {
        try await withCluster { _, client in
            let type = "application/apply-patch+yaml"
            let nameless = try await client.send("PATCH", Self.path, Manifest.configMap("one"), as: type)
            #expect(nameless.code == 422)
            var owned = Manifest.configMap("one")
            owned.metadata.managedFields = []
            #expect(try await client.apply(Self.path, owned).code == 400)
            #expect(try await client.apply(Self.path, Manifest.configMap("two")).code == 400)
            #expect(try await client.send("PATCH", Self.path, Manifest.configMap("one"), as: "text/plain").code == 415)
        }
    }
}
