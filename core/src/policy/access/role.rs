//! What people do in the shop (requirements §21, actors).

named! {
    /// A role of somebody of the staff. Stored by its place.
    Role {
        /// At the till: works by tokens alone (ACC-03).
        Cashier => "cashier", "收银员", "cashier";
        /// The service desk: tickets, staff entry, rights requests.
        Desk => "desk", "服务台", "service desk";
        /// Head of member management.
        MemberManager => "member_manager", "会员管理负责人", "member manager";
        /// Files applications for extraction (EXT-02).
        InformationSpecialist => "information_specialist", "会员信息管理专员", "information specialist";
        /// Head of the department that applies.
        DepartmentHead => "department_head", "部门负责人", "department head";
        /// Advertising and planning: reviews applications and receives extracts.
        Planning => "planning", "广告企划", "planning";
        /// Marketing: plans activities by sums, without persons.
        MarketingManager => "marketing_manager", "营销经理", "marketing manager";
        /// Watches security: alerts, incidents, log-ins.
        SecurityOfficer => "security_officer", "安全管理员", "security officer";
        /// Reads, and changes nothing.
        Auditor => "auditor", "审计员", "auditor";
        /// Keeps the quality of the records: custodian, data department.
        DataManager => "data_manager", "数据管理员", "data manager";
        /// Keeps accounts, terminals, programme and notice; sees no member.
        Administrator => "administrator", "系统管理员", "administrator";
        /// Runs the machine: backups, keys, approved extractions.
        ItOperator => "it_operator", "信息技术员", "IT operator";
    }
}

named! {
    /// How grave a breach by somebody of the staff is (ACC-07). Stored by its place.
    Degree {
        /// A warning.
        Warning => "warning", "警告", "warning";
        /// Sent off for a time.
        Suspension => "suspension", "停职", "suspension";
        /// Let go.
        Dismissal => "dismissal", "解雇", "dismissal";
        /// A matter for the law.
        Legal => "legal", "追究法律责任", "legal action";
    }
}
