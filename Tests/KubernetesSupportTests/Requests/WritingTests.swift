import KubernetesSupport
import Testing

@Suite(.serialized)
struct WritingTests {
    @Test
    func `a new object gets an identity, and a second of its name is refused`() async throws {
        try await withCluster { cluster, client in
            let created = try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one"))
            #expect(created.code == 201)
            let metadata = created.json.metadata
            #expect(metadata.generation == 1)
            #expect(metadata.uid.text?.count == 36)
            #expect(metadata.namespace == "team-a")
            #expect(metadata.resourceVersion.text.flatMap(Int.init) != nil)
            let again = try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one"))
            #expect(again.code == 409)
            #expect(again.json.reason == "AlreadyExists")
            #expect(again.json.message == "tfjobs.kubeflow.org \"one\" already exists")
            let missing = try await client.get("\(Manifest.tfJobs)/two")
            #expect(missing.code == 404)
            #expect(missing.json.details == ["name": "two", "kind": "tfjobs", "group": "kubeflow.org"])
        }
    }

    @Test
    func `an object in a namespace that is not there, or with another namespace than its path, is refused`()
        async throws
    {
        try await withCluster { _, client in
            let lost = try await client.send("POST", "/apis/batch/v1/namespaces/nowhere/jobs", Manifest.job("one"))
            #expect(lost.code == 404)
            #expect(lost.json.message == "namespaces \"nowhere\" not found")
            let other = Manifest.job("one")
            var moved = other
            moved.metadata.namespace = "team-b"
            #expect(try await client.send("POST", Manifest.jobs, moved).code == 400)
        }
    }

    @Test(arguments: [
        ("1job", 422), ("Job", 422), ("a_b", 422), ("a.b", 422), (String(repeating: "a", count: 64), 422), ("a-1", 201),
    ])
    func `the name of a TFJob is a DNS-1035 label`(name: String, code: Int) async throws {
        try await withCluster { _, client in
            let reply = try await client.send("POST", Manifest.tfJobs, Manifest.tfJob(name))
            #expect(reply.code == code)
        }
    }

    @Test
    func `unknown fields are dropped with a warning, or refused where the client is strict`() async throws {
        try await withCluster { _, client in
            let job = Manifest.tfJob("one") { job in
                job.spec.unknown = 1
                job.spec.tfReplicaSpecs.Worker.template.spec.containers = [
                    ["name": "tensorflow", "image": "a", "imagePolicy": "Never"]
                ]
            }
            let strict = try await client.send("POST", "\(Manifest.tfJobs)?fieldValidation=Strict", job)
            #expect(strict.code == 400)
            #expect(strict.json.message.text?.contains("strict decoding error: unknown field") == true)
            let created = try await client.send("POST", Manifest.tfJobs, job)
            #expect(created.code == 201)
            #expect(created.json.spec["unknown"] == nil)
            #expect(created.headers["warning"]?.count == 2)
            #expect(created.headers["warning"]?[0].contains("unknown field") == true)
            let stored = try await client.get("\(Manifest.tfJobs)/one").json
            #expect(
                stored.spec.tfReplicaSpecs.Worker.template.spec.containers
                    == [["name": "tensorflow", "image": "a"]]
            )
        }
    }

    @Test
    func `a TFJob that does not fit its schema is refused with a cause for each field`() async throws {
        try await withCluster { _, client in
            let job = Manifest.tfJob("one") { job in
                job.spec.runPolicy.backoffLimit = "3"
                job.spec.tfReplicaSpecs.Worker.replicas = "two"
                job.spec.tfReplicaSpecs.Worker.template.spec.containers = [
                    ["name": "tensorflow", "image": "a", "resources": ["limits": ["cpu": "one"]]]
                ]
            }
            let refused = try await client.send("POST", Manifest.tfJobs, job)
            #expect(refused.code == 422)
            let causes = refused.json.details.causes.elements
            #expect(
                Set(causes.compactMap(\.field.text)) == [
                    "spec.runPolicy.backoffLimit", "spec.tfReplicaSpecs.Worker.replicas",
                    "spec.tfReplicaSpecs.Worker.template.spec.containers[0].resources.limits.cpu",
                ]
            )
            #expect(causes.contains { $0.reason == "FieldValueTypeInvalid" })
        }
    }

    @Test
    func `the operator's webhook wants a container named tensorflow, and not both chief and master`() async throws {
        try await withCluster { _, client in
            let unnamed = Manifest.tfJob("one") { job in
                job.spec.tfReplicaSpecs.Worker.template.spec.containers = [["name": "main", "image": "a"]]
            }
            let refused = try await client.send("POST", Manifest.tfJobs, unnamed)
            #expect(refused.code == 422)
            #expect(
                refused.json.message.text?.contains("must have at least one container with name tensorflow") == true
            )
            let both = Manifest.tfJob("two", ["Chief": 1, "Master": 1])
            #expect(try await client.send("POST", Manifest.tfJobs, both).code == 422)
        }
    }

    @Test
    func `a Job is held to the rules of batch, and filled in`() async throws {
        try await withCluster { _, client in
            var job = Manifest.job("one")
            job.spec["completions"] = nil
            job.spec["parallelism"] = nil
            let without = try await client.send("POST", Manifest.jobs, job)
            #expect(without.code == 201, "the server fills in one completion")
            let always = Manifest.job("two") { $0.spec.template.spec.restartPolicy = "Always" }
            let refused = try await client.send("POST", Manifest.jobs, always)
            #expect(refused.code == 422)
            #expect(refused.json.details.causes[0].field == "spec.template.spec.restartPolicy")
            var wrong = Manifest.job("three")
            wrong.spec.parallelism = "many"
            #expect(try await client.send("POST", Manifest.jobs, wrong).code == 400)
            let spec = without.json.spec
            let uid = without.json.metadata.uid
            #expect(spec.selector.matchLabels == ["batch.kubernetes.io/controller-uid": uid])
            #expect(spec.template.metadata.labels["job-name"] == "one")
            #expect(spec.suspend == false)
            #expect(spec.template.spec.dnsPolicy == "ClusterFirst")
        }
    }

    @Test(
        arguments: [
            ("spec.template.spec.restartPolicy", #"Required value: valid values: "OnFailure", "Never""#),
            ("spec.podFailurePolicy.rules[0]", "specifying one of OnExitCodes and OnPodConditions is required"),
            (
                "spec.podFailurePolicy.rules[0].onExitCodes.containerName",
                "must be one of the container or initContainer"
            ),
            ("spec.podReplacementPolicy", "Unsupported value"),
        ]
    )
    func `a Job that a real server would not take is refused`(field: String, message: String) async throws {
        try await withCluster { _, client in
            let job = Manifest.job("one") { job in
                switch field {
                case "spec.template.spec.restartPolicy": job.spec.template.spec.restartPolicy = "Always"
                case "spec.podFailurePolicy.rules[0]": job.spec.podFailurePolicy.rules = [["action": "Ignore"]]
                case "spec.podReplacementPolicy":
                    job.spec.podFailurePolicy.rules = [
                        ["action": "Ignore", "onPodConditions": [["type": "DisruptionTarget"]]]
                    ]
                    job.spec.podReplacementPolicy = "TerminatingOrFailed"
                default:
                    job.spec.podFailurePolicy.rules = [
                        [
                            "action": "FailJob",
                            "onExitCodes": ["containerName": "other", "operator": "In", "values": [1]],
                        ]
                    ]
                }
            }
            let answer = try await client.send("POST", Manifest.jobs, job)
            #expect(answer.code == 422)
            let cause = answer.json.details.causes.elements.first { $0.field.text == field }
            #expect(cause?.message.text?.contains(message) == true, "\(answer.json.message)")
        }
    }

    @Test
    func `an update of another state than the newest is a conflict, and a custom resource needs to name the state`()
        async throws
    {
        try await withCluster { _, client in
            var job = try await client.send(
                "POST",
                Manifest.tfJobs,
                Manifest.tfJob("one") { $0.spec.runPolicy.suspend = true }
            )
            .json
            job = try await client.get("\(Manifest.tfJobs)/one").json
            let old = job
            job.spec.runPolicy.backoffLimit = 5
            let updated = try await client.send("PUT", "\(Manifest.tfJobs)/one", job)
            #expect(updated.code == 200)
            #expect(updated.json.metadata.generation == 2)
            let stale = try await client.send("PUT", "\(Manifest.tfJobs)/one", old)
            #expect(stale.code == 409)
            #expect(stale.json.message.text?.contains("the object has been modified") == true)
            job.metadata["resourceVersion"] = nil
            #expect(try await client.send("PUT", "\(Manifest.tfJobs)/one", job).code == 422)
            job.metadata.uid = "00000000-0000-0000-0000-000000000000"
            job.metadata.resourceVersion = updated.json.metadata.resourceVersion
            #expect(try await client.send("PUT", "\(Manifest.tfJobs)/one", job).code == 409)
        }
    }

    @Test
    func `a patch of another uid is refused as a change of the uid, and an apply of one that is gone as a conflict`()
        async throws
    {
        try await withCluster { _, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one") { $0.spec.runPolicy.suspend = true })
            let other: JSONTree = ["metadata": ["uid": "00000000-0000-0000-0000-000000000000", "labels": ["a": "b"]]]
            let patched = try await client.merge("\(Manifest.tfJobs)/one", other)
            #expect(patched.code == 422)
            #expect(patched.json.details.causes[0].field == "metadata.uid")
            let wanted = Manifest.tfJob("two") { $0.metadata.uid = other.metadata.uid }
            #expect(try await client.apply("\(Manifest.tfJobs)/two", wanted).code == 409)
            let stale: JSONTree = ["metadata": ["resourceVersion": "1", "labels": ["a": "b"]]]
            #expect(try await client.merge("\(Manifest.tfJobs)/one", stale).code == 409)
        }
    }

    @Test
    func `a status is written by its own path alone, and does not make a new generation`() async throws {
        try await withCluster { _, client in
            try await client.send("POST", Manifest.tfJobs, Manifest.tfJob("one") { $0.spec.runPolicy.suspend = true })
            let through = try await client.merge(
                "\(Manifest.tfJobs)/one",
                ["status": ["startTime": "2020-01-01T00:00:00Z"]]
            )
            #expect(through.json.status["startTime"] == nil)
            let direct = try await client.merge(
                "\(Manifest.tfJobs)/one/status",
                ["status": ["startTime": "2020-01-01T00:00:00Z"], "spec": ["runPolicy": ["suspend": false]]]
            )
            #expect(direct.json.status.startTime == "2020-01-01T00:00:00Z")
            #expect(direct.json.spec.runPolicy.suspend == true)
            #expect(direct.json.metadata.generation == 1)
        }
    }

    @Test
    func `a Job's template and completion mode stay as they were made`() async throws {
        try await withCluster { _, client in
            try await client.send("POST", Manifest.jobs, Manifest.job("one") { $0.spec.suspend = true })
            let mode = try await client.merge("\(Manifest.jobs)/one", ["spec": ["completionMode": "NonIndexed"]])
            #expect(mode.code == 422)
            #expect(mode.json.message.text?.contains("field is immutable") == true)
            let template: JSONTree = ["spec": ["template": ["metadata": ["labels": ["a": "b"]]]]]
            #expect(try await client.merge("\(Manifest.jobs)/one", template).code == 422)
            #expect(try await client.merge("\(Manifest.jobs)/one", ["spec": ["suspend": false]]).code == 200)
        }
    }

    @Test
    func `a change that changes nothing, and a dry run, write nothing`() async throws {
        try await withCluster { cluster, client in
            let path = "/api/v1/namespaces/team-a/configmaps"
            try await client.send("POST", path, Manifest.configMap("one", ["a": "1"]))
            let revision = await cluster.revision
            #expect(try await client.merge("\(path)/one", ["data": ["a": "1"]]).code == 200)
            #expect(
                try await client.send(
                    "PATCH",
                    "\(path)/one?dryRun=All",
                    ["data": ["a": "2"]],
                    as: "application/merge-patch+json"
                ).json.data.a == "2"
            )
            #expect(try await client.send("POST", "\(path)?dryRun=All", Manifest.configMap("two")).code == 201)
            #expect(await cluster.revision == revision)
        }
    }
}
