//! The shared structures, as C lays them out. Only their offsets are used.

#![allow(
    missing_docs,
    reason = "the fields are described where they are used: include/shared.h and programs/testrun.bpf.c"
)]

use crate::limits::{EXE_BYTES, IMAGE_WORDS};

/// The words behind an image that say how it is to be used, by their place in the bank.
pub const SETUP_GENERATION: usize = IMAGE_WORDS;
pub const SETUP_MODE: usize = IMAGE_WORDS + 1;
pub const SETUP_REPORT: usize = IMAGE_WORDS + 2;
pub const SETUP_BLIND: usize = IMAGE_WORDS + 3;
pub const SETUP_ASKED: usize = IMAGE_WORDS + 4;

pub const REPORT_PATH_BYTES: usize = 512;
pub const SOURCES: usize = 4;
pub const SLOTS: usize = 24;
pub const DATA_BYTES: usize = 8192;

#[repr(C)]
pub struct Config {
    pub host_mnt_ns: u32,
    pub overflow: u32,
    pub agent: u32,
    pub unused: u32,
    pub agent_started: u64,
}

#[repr(C)]
pub struct Exe {
    pub tag: u16,
    pub len: u16,
    pub zero: u32,
    pub bytes: [u8; EXE_BYTES],
}

#[repr(C)]
pub struct TaskRecord {
    pub exe: Exe,
    pub parent: Exe,
    pub ancestors: u64,
    pub image: u64,
    pub generation: u32,
    pub forked: u32,
}

#[repr(C)]
pub struct Report {
    pub time_ns: u64,
    pub sequence: u64,
    pub cgroup: u64,
    pub image: u64,
    pub started: u64,
    pub cpu: u32,
    pub generation: u32,
    pub clause: u32,
    pub flags: u32,
    pub pid: u32,
    pub tid: u32,
    pub ppid: u32,
    pub uid: u32,
    pub gid: u32,
    pub action: u8,
    pub role: u8,
    pub reason: u8,
    pub responses: u8,
    pub path_tag: u8,
    pub exe_tag: u8,
    pub parent_tag: u8,
    pub address_tag: u8,
    pub flags_tag: u8,
    pub name_tag: u8,
    pub user_tag: u8,
    pub forked: u8,
    pub target_tag: u8,
    pub target_known: u8,
    pub code_tag: u8,
    pub port_tag: u8,
    pub code: u32,
    pub target_pid: u32,
    pub target_uid: u32,
    pub target_gid: u32,
    pub protocol: u16,
    pub port: u16,
    pub exe_len: u16,
    pub parent_len: u16,
    pub target_len: u16,
    pub unused2: u16,
    pub path_len: u32,
    pub open_flags: u32,
    pub address: [u8; 16],
    pub comm: [u8; 16],
    pub target_comm: [u8; 16],
    pub exe: [u8; EXE_BYTES],
    pub parent: [u8; EXE_BYTES],
    pub target: [u8; EXE_BYTES],
    pub path: [u8; REPORT_PATH_BYTES],
}

#[repr(C)]
pub struct Question {
    pub action: u32,
    pub ancestors_known: u32,
    pub ancestors: u64,
    pub tags: [[u8; SLOTS]; SOURCES],
    pub values: [[u64; SLOTS]; SOURCES],
    pub address: [u8; 16],
    pub data: [u8; DATA_BYTES],
}

#[repr(C)]
pub struct Answer {
    pub columns: [u32; 7],
    pub status: i32,
    pub ancestry: u64,
    pub nanoseconds: u64,
}

/// A structure's name in C, its size, and its fields with their offsets.
pub struct Structure {
    pub name: &'static str,
    pub size: usize,
    pub fields: Vec<(&'static str, usize)>,
}

macro_rules! structure {
    ($name:literal, $type:ident: $($field:ident)*) => {
        Structure {
            name: $name,
            size: std::mem::size_of::<$type>(),
            fields: vec![$((stringify!($field), std::mem::offset_of!($type, $field))),*],
        }
    };
}

/// The structures of all programs.
pub fn shared() -> Vec<Structure> {
    vec![
        structure!("config", Config: host_mnt_ns overflow agent unused agent_started),
        structure!("task_record", TaskRecord: exe parent ancestors image generation forked),
        structure!("report", Report: time_ns sequence cgroup image started cpu generation clause flags pid tid ppid uid gid action role
            reason responses path_tag exe_tag parent_tag address_tag flags_tag name_tag user_tag forked target_tag target_known
            code_tag port_tag code target_pid target_uid target_gid protocol port exe_len parent_len target_len unused2 path_len open_flags
            address comm target_comm exe parent target path),
    ]
}

/// The structures of the tests' object.
pub fn testrun() -> Vec<Structure> {
    vec![
        structure!("question", Question: action ancestors_known ancestors tags values address data),
        structure!("answer", Answer: columns status ancestry nanoseconds),
    ]
}
