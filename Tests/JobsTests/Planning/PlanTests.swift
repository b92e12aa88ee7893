import Jobs
import Testing

@Suite
struct PlanTests {
    private static let group = ReplicaGroup(
        type: .worker,
        resource: Resources(cpu: CPUQuantity(millicores: 1000), memory: MemoryQuantity(bytes: 1 << 30, text: "1Gi"))
    )
    private static let job = Job(runtime: Runtime(python: "3.11"), bootfile: "train.py", replicas: [group])

    private static func changed(_ change: (inout Job) -> Void) -> Job {
        var copy = job
        change(&copy)
        return copy
    }

    private static func suspended(_ flag: Bool) -> Job {
        changed { job in
            var policy = RunPolicy()
            policy.suspend = flag
            job.runPolicy = policy
        }
    }

    /// The table of the contract, §3.
    @Test(
        arguments: [
            (DesiredJob.valid(job), nil, ActionKind.create),
            (.valid(job), job, nil),
            (.valid(changed { $0.name = "Another" }), job, .update),
            (.valid(changed { $0.description = "Another" }), job, .update),
            (.valid(changed { $0.priority = 3 }), job, .update),
            (.valid(changed { $0.dependsOn = ["other"] }), job, .update),
            (.valid(suspended(true)), job, .suspend),
            (.valid(job), suspended(true), .resume),
            (.valid(changed { $0.args = ["--epochs=4"] }), job, .replace),
            (.valid(changed { $0.rerun = 1 }), job, .replace),
            (.valid(changed { $0.environment = ["A": "b"] }), job, .replace),
            (.valid(changed { $0.replicas[0].count = 2 }), job, .replace),
            (.invalid, nil, .hold),
            (.invalid, job, .hold),
            (.absent, job, .delete),
            (.absent, nil, nil),
        ] as [(DesiredJob, Job?, ActionKind?)]
    )
    func `each pair of file and job has one action`(desired: DesiredJob, applied: Job?, action: ActionKind?) {
        #expect(Plan.action(desired: desired, applied: applied.map { AppliedJob(job: $0, run: 1) }) == action)
    }

    @Test
    func `a run that was stopped by what came to no end goes on when its file is as before`() {
        let stopped = AppliedJob(job: Self.job, run: 1, isStopped: true)
        #expect(Plan.action(desired: .valid(Self.job), applied: stopped) == .resume)
        #expect(Plan.action(desired: .valid(Self.changed { $0.args = ["other"] }), applied: stopped) == .replace)
        #expect(Plan.action(desired: .absent, applied: stopped) == .delete)
        #expect(Plan.action(desired: .invalid, applied: stopped) == .hold)
    }

    @Test
    func `another spelling of the same job changes nothing that runs`() {
        let spelled = Self.changed { job in
            job.replicas[0].resource.memory = MemoryQuantity(bytes: 1 << 30, text: "1024Mi")
            job.replicas[0].restartPolicy = .never
            job.successPolicy = .defaultPolicy
            job.environment = [:]
            job.rerun = 0
        }
        #expect(spelled.digest == Self.job.digest)
        #expect(Plan.action(desired: .valid(spelled), applied: AppliedJob(job: Self.job, run: 1)) != .replace)
    }

    @Test
    func `values that run together are different digests`() {
        #expect(Self.changed { $0.args = ["ab", "c"] }.digest != Self.changed { $0.args = ["a", "bc"] }.digest)
        #expect(Self.changed { $0.args = ["a=b"] }.digest != Self.changed { $0.environment = ["a": "b"] }.digest)
        #expect(Self.changed { $0.modelDir = "/a" }.digest != Self.changed { $0.eventDir = "/a" }.digest)
    }
}

@Suite
struct ResourceSumTests {
    @Test(arguments: [
        ("900Gi", 1, "900Gi"), ("921600Mi", 1, "900Gi"), ("512Mi", 3, "1536Mi"), ("1.5Gi", 2, "3Gi"), ("64M", 1, "64M"),
        ("1G", 3, "3G"), ("1000Mi", 1, "1000Mi"), ("1000Ki", 1, "1000Ki"), ("2Ti", 512, "1Pi"),
        ("1000001", 1, "1000001"),
        ("1048577", 1, "1048577"),
    ])
    func `memory is written with the unit that people use, and never rounded`(
        text: String,
        count: Int,
        sum: String
    ) throws {
        let memory = try MemoryQuantity(text)
        var resources = ResourceSum()
        resources.addJob(
            Job(
                runtime: Runtime(python: "3.11"),
                bootfile: "a",
                replicas: [
                    ReplicaGroup(
                        type: .worker,
                        count: count,
                        resource: Resources(cpu: CPUQuantity(millicores: 0), memory: memory)
                    )
                ]
            )
        )
        #expect(resources.memoryText == sum)
        #expect(try MemoryQuantity(resources.memoryText).bytes == memory.bytes * count)
    }
}
