/// A family of metrics. The list of all families is here, and nowhere else.
struct Metric {
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// The name without the prefix that all families share.
    let name: String
    let kind: Kind
    /// One line.
    let help: String

    init(_ name: String, _ kind: Kind, _ help: String) {
        (self.name, self.kind, self.help) = (name, kind, help)
    }

    static let buildInfo = Metric("build_info", .gauge, "What was built; always 1.")
    static let uptime = Metric("uptime_seconds", .gauge, "How long the service has been answering.")
    static let openStreams = Metric("open_streams", .gauge, "Followed logs and watched lists.")
    static let repositoryUp = Metric("repository_up", .gauge, "Whether the last look at the repository succeeded.")
    static let lastFetch = Metric(
        "last_fetch_timestamp_seconds",
        .gauge,
        "When the repository was last looked at with success."
    )
    static let stateWritable = Metric("state_writable", .gauge, "Whether the state folder can be written.")
    static let stateFree = Metric("state_free_bytes", .gauge, "Free bytes on the disk of the state folder.")
    static let clusterUp = Metric("cluster_up", .gauge, "Whether the last call to the cluster was answered.")
    static let providerUp = Metric("identity_provider_up", .gauge, "Whether the identity provider answers.")
    static let jobs = Metric("jobs", .gauge, "Jobs by cluster and phase.")
    static let partitionJobs = Metric("partition_jobs", .gauge, "Jobs by cluster, partition and phase.")
    static let jobsPending = Metric("jobs_pending", .gauge, "Jobs whose newest change is not carried out yet.")
    static let jobsHeld = Metric(
        "jobs_held",
        .gauge,
        "Jobs that are held: their file can't be used, or they are kept from being deleted."
    )
    static let runs = Metric("runs_total", .counter, "Runs that ended since the start, by cluster and result.")
    static let runRestarts = Metric("run_restarts_total", .counter, "Restarts of runs since the start, by cluster.")
    static let runDuration = Metric(
        "run_duration_seconds",
        .histogram,
        "How long runs that ended had run, without suspensions."
    )
    static let queueWait = Metric(
        "queue_wait_seconds",
        .histogram,
        "From the order to start a run until its first replica started."
    )
    static let fetchDuration = Metric("fetch_duration_seconds", .histogram, "Fetches of the repository.")
    static let fetchFailures = Metric("fetch_failures_total", .counter, "Failed fetches of the repository, by reason.")
    static let reconcileDuration = Metric("reconcile_duration_seconds", .histogram, "Passes that plan and act.")
    static let reloadSuccessful = Metric(
        "last_reload_successful",
        .gauge,
        "Whether the last reload of the configuration succeeded."
    )
    static let reloadTime = Metric(
        "last_reload_success_timestamp_seconds",
        .gauge,
        "When the configuration in force was read."
    )
    static let webhooks = Metric("webhooks_total", .counter, "Webhooks by forge and result.")
    static let certificateExpiry = Metric(
        "certificate_expiry_timestamp_seconds",
        .gauge,
        "When a certificate expires: the service's, the repository server's, the identity provider's."
    )
    static let processCPU = Metric("process_cpu_seconds_total", .counter, "CPU time of the service itself.")
    static let processMemory = Metric("process_resident_memory_bytes", .gauge, "Resident memory of the service itself.")
    static let processDescriptors = Metric("process_open_fds", .gauge, "Open files and sockets of the service.")
    static let processDescriptorLimit = Metric("process_max_fds", .gauge, "How many open files there may be.")
    static let processStart = Metric("process_start_time_seconds", .gauge, "When the process started.")
    static let actions = Metric("actions_total", .counter, "Actions that ended, by kind and result.")
    static let requests = Metric("http_requests_total", .counter, "Answers by route, method and status.")
    static let requestDuration = Metric(
        "http_request_duration_seconds",
        .histogram,
        "Time until there is an answer; what lasts goes on after it."
    )
}
